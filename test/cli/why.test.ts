import { type Answer, type Call, type ScriptedEvent, StandInAws, errorXml, scripted, stackEvent } from './stand-in-aws';
import { type Outcome, credentials, runCli } from './run-cli';

jest.setTimeout(60_000);

const created: ScriptedEvent = stackEvent('CREATE_IN_PROGRESS', 0, 'User Initiated');
const signal = (status: string, id: string, at: number): ScriptedEvent => ({ status: 'CREATE_IN_PROGRESS', reason: `Received ${status} signal with UniqueId ${id}`, at });
const report = (more: object) => JSON.stringify({ event: 'boot', instance: 'i-0a', status: 'ready', seconds: 61.5, phases: { kernel: 0.02, model: 8, image: 48.25 }, ...more });

async function why(answer: (call: Call) => Answer, ...args: string[]): Promise<Outcome> {
  const aws = await StandInAws.start(answer);
  try {
    return await runCli(['why', '--stack', 'Server', ...args], credentials(aws.endpoint));
  } finally {
    await aws.stop();
  }
}

describe('a boot that failed', () => {
  const stack = scripted({
    events: [
      stackEvent('ROLLBACK_COMPLETE', 9),
      { status: 'CREATE_FAILED', reason: 'Received 1 FAILURE signal(s) out of 1.  Unable to satisfy 100% MinSuccessfulInstancesPercent requirement', at: 6 },
      signal('FAILURE', 'i-0a.model', 5),
      created,
    ],
    streams: { 'boot/i-0a': [
      report({ status: 'failed', phase: 'model', cause: 'cannot fetch s3://models/x: AccessDenied (status 1)' }),
      'FAILED in phase model: cannot fetch s3://models/x: AccessDenied (status 1)', '12:05:00 graviton-tf model …', 'fatal error: AccessDenied',
    ] },
  });

  test('is told with phase, cause, last lines, instance and what to do', async () => {
    const { code, stdout } = await why(stack);
    expect(code).toBe(1);
    expect(stdout).toContain('✖ The last boot of Server failed in phase model');
    expect(stdout).toMatch(/instance +i-0a/);
    expect(stdout).toMatch(/cause +cannot fetch s3:\/\/models\/x: AccessDenied \(status 1\)/);
    expect(stdout).toContain('│ fatal error: AccessDenied');
    expect(stdout).toContain('Last log lines (boots, boot/i-0a)');
    expect(stdout).toContain('The instance\'s role lacks a permission.');
    expect(stdout).not.toContain('\u001b[');
  });

  test('shows as many lines as asked for', async () => {
    const { stdout } = await why(stack, '--lines', '1');
    expect(stdout.match(/│/g)).toHaveLength(1);
    expect(stdout).toContain('│ fatal error: AccessDenied');
  });

  test('is one document with --json', async () => {
    const { code, stdout } = await why(stack, '--json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      schemaVersion: 1, stack: 'Server', region: 'eu-west-1', outcome: 'failed', instance: 'i-0a', phase: 'model',
      cause: 'cannot fetch s3://models/x: AccessDenied (status 1)', seconds: 61.5, logGroup: 'boots', logStream: 'boot/i-0a',
      deployment: { status: 'ROLLBACK_COMPLETE', failedResource: { logicalId: 'Group' } },
    });
  });

  test('whose log went with the rollback still tells its phase', async () => {
    const gone = scripted({ events: [stackEvent('ROLLBACK_COMPLETE', 9), signal('FAILURE', 'i-0a.kernel', 5), created] });
    const { code, stdout } = await why((call) => (call.operation === 'DescribeLogStreams'
      ? { status: 400, body: JSON.stringify({ __type: 'ResourceNotFoundException', message: 'The specified log group does not exist.' }) }
      : gone(call)));
    expect(code).toBe(1);
    expect(stdout).toContain('failed in phase kernel');
    expect(stdout).toContain('None: no stream boot/i-0a in boots.');
    expect(stdout).toContain('Choose a machine image with a kernel of 5.10 or later');
  });
});

test('what the checks found once the server had started is told with its fix', async () => {
  const finding = { id: 'threads.oversubscription', status: 'FAIL', evidence: '64 threads on 4 vCPUs', remediation: 'TENSORFLOW_INTRA_OP_PARALLELISM=4' };
  const { code, stdout } = await why(scripted({
    events: [stackEvent('CREATE_COMPLETE', 7), signal('SUCCESS', 'i-0a', 5), created],
    streams: { 'boot/i-0a': [report({}), JSON.stringify({ event: 'checks', instance: 'i-0a', findings: [finding] })] },
  }));
  expect(code).toBe(0);
  expect(stdout).toContain('✖ threads.oversubscription: 64 threads on 4 vCPUs\n    TENSORFLOW_INTRA_OP_PARALLELISM=4\n');
  expect(stdout).toContain('graviton-tf diagnose --stack Server');
});

test('a boot that succeeded shows how long each phase took', async () => {
  const { code, stdout } = await why(scripted({
    events: [stackEvent('CREATE_COMPLETE', 7), signal('SUCCESS', 'i-0a', 5), created],
    streams: { 'boot/i-0a': [report({})] },
  }));
  expect(code).toBe(0);
  expect(stdout).toContain('✔ The last boot of Server succeeded');
  expect(stdout).toMatch(/image +48 s  █{30}\n/);
  expect(stdout).toMatch(/model +8\.0 s  █{5}\n/);
  expect(stdout).toMatch(/boot took +62 s/);
});

test('a replacement that the group launched itself counts, though it signals nothing', async () => {
  const { code, stdout } = await why(scripted({
    events: [stackEvent('CREATE_COMPLETE', 7), signal('SUCCESS', 'i-0a', 5), created],
    streams: { 'boot/i-0a': [report({})], 'boot/i-0b': [report({ instance: 'i-0b', status: 'failed', phase: 'venv', cause: 'no wheel' })] },
  }));
  expect(code).toBe(1);
  expect(stdout).toMatch(/failed in phase venv[^]*instance +i-0b[^]*cause +no wheel/);
});

test('a resource that failed before any boot is named', async () => {
  const { code, stdout } = await why(scripted({
    events: [
      stackEvent('ROLLBACK_IN_PROGRESS', 3, 'The following resource(s) failed to create: [Bucket, Vpc].'),
      // Of the same second, in any order.
      { id: 'Vpc', type: 'AWS::EC2::VPC', status: 'CREATE_FAILED', reason: 'The maximum number of VPCs has been reached.', at: 1 },
      { id: 'Bucket', type: 'AWS::S3::Bucket', status: 'CREATE_FAILED', reason: 'Resource creation cancelled', at: 1 },
      created,
    ],
  }));
  expect(code).toBe(1);
  expect(stdout).toContain('✖ The deployment of Server failed');
  expect(stdout).toMatch(/cause +Vpc \(AWS::EC2::VPC\) failed: The maximum number of VPCs has been reached\./);
});

test('an instance that never reported is told as such', async () => {
  const { code, stdout } = await why(scripted({
    events: [
      { status: 'CREATE_FAILED', reason: 'Failed to receive 1 resource signal(s) within the specified duration', at: 20 },
      created,
    ],
  }));
  expect(code).toBe(1);
  expect(stdout).toContain('no instance reported back');
  expect(stdout).toContain('aws ec2 get-console-output');
});

describe('what cannot be told is one sentence with the fix, and exit code 2', () => {
  const quiet = scripted({ events: [created] });

  test.each<[string, (call: Call) => Answer, string]>([
    ['no such stack', () => errorXml(400, 'ValidationError', 'Stack [Server] does not exist'), 'There is no stack Server in eu-west-1: check --stack and --region (a deleted stack is found by its ARN).'],
    ['not allowed', () => errorXml(403, 'AccessDenied', 'User: arn:aws:iam::1:user/x is not authorized to perform: cloudformation:DescribeStackEvents on resource: y'),
      'The credentials may not call cloudformation:DescribeStackEvents in eu-west-1: allow it for this user or role, or choose another with AWS_PROFILE.'],
    ['not allowed to read the log', (call) => (call.operation === 'DescribeLogStreams'
      ? { status: 400, body: JSON.stringify({ __type: 'AccessDeniedException', message: 'User: x is not authorized to perform: logs:DescribeLogStreams on y' }) }
      : quiet(call)), 'The credentials may not call logs:DescribeLogStreams in eu-west-1'],
    ['throttled', () => errorXml(400, 'Throttling', 'Rate exceeded'), 'AWS limits the rate of requests in eu-west-1 and kept refusing: try again in a minute.'],
    ['expired', () => errorXml(403, 'ExpiredToken', 'The security token included in the request is expired'), 'The AWS credentials have expired: sign in again.'],
    ['wrong key', () => errorXml(403, 'InvalidClientTokenId', 'The security token included in the request is invalid.'), 'AWS does not accept these credentials'],
    ['anything else', () => errorXml(400, 'OptInRequired', 'You must opt in'), 'AWS answered OptInRequired in eu-west-1: You must opt in'],
    ['no signal yet', quiet, 'No instance of Server has signalled yet (CREATE_IN_PROGRESS since '],
    ['no server in it', scripted({ events: [stackEvent('CREATE_COMPLETE', 1), created], logGroups: [] }), 'Server (CREATE_COMPLETE) holds no signal and no boot log: check that --stack names the stack'],
  ])('%s', async (_, answer, sentence) => {
    const { code, stdout, stderr } = await why(answer);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(`✖ ${sentence}`);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  test('no region', async () => {
    const { code, stderr } = await runCli(['why'], { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' });
    expect({ code, stderr }).toEqual({ code: 2, stderr: '✖ No AWS region is set: pass --region, or set AWS_REGION.\n' });
  });

  test('no credentials, the region as the AWS CLI\'s users set it', async () => {
    const { code, stdout, stderr } = await runCli(['why', '--json'], { AWS_DEFAULT_REGION: 'eu-west-1' });
    expect(code).toBe(2);
    expect(stderr).toContain('No AWS credentials were found');
    expect(JSON.parse(stdout)).toEqual({ schemaVersion: 1, stack: 'GravitonTensorFlow', outcome: 'unknown', reason: expect.stringContaining('No AWS credentials were found') });
  });

  test('unreachable', async () => {
    const { code, stderr } = await runCli(['why'], credentials('http://127.0.0.1:9'));
    expect({ code, stderr }).toEqual({ code: 2, stderr: '✖ AWS cannot be reached in eu-west-1 (ECONNREFUSED): check AWS_ENDPOINT_URL (http://127.0.0.1:9).\n' });
  });

  test.each([
    [['why', '--lines', '0'], '--lines is "0": give a number from 1 to 9999.'],
    [['why', '--stak', 'x'], 'unknown option \'--stak\''],
    [['wy'], 'unknown command \'wy\''],
  ])('%j', async (args, message) => {
    const { code, stderr } = await runCli(args);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});
