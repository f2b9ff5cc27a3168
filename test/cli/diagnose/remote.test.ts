import { setTimeout as sleep } from 'node:timers/promises';
import { StandInAws, errorXml } from '../stand-in-aws';
import { credentials, startCli } from '../run-cli';
import { aHealthyReport, aKernel, aReport } from './reports';
import { type ScriptedSsm, command, diagnose, first, online, refusal, refused, runbook, scriptedSsm, second, steps, succeeded, third } from './scripted-ssm';

jest.setTimeout(60_000);

const named = ['--instance', first];
const endOf = (Status: string, more: object = {}): ScriptedSsm => ({ looks: { [first]: [{ Status, ...more }] } });

describe('one instance of a stack', () => {
  test('gets the pinned runbook, is watched step by step, and its report is shown', async () => {
    const { code, stdout, stderr, calls } = await diagnose({}, '--stack', 'Server', '--batch', '4', '--log-path', '/var/log/x.log');
    expect(code).toBe(1);
    expect(calls.find(({ operation }) => operation === 'ListDocuments')?.parameters).toEqual({ Filters: [
      { Key: 'Owner', Values: ['Self'] },
      { Key: 'tag:graviton-tensorflow:runbook', Values: ['troubleshoot'] },
      { Key: 'tag:graviton-tensorflow:stack', Values: ['Server'] },
    ] });
    expect(calls.filter(({ operation }) => operation === 'SendCommand').map(({ parameters }) => parameters)).toEqual([{
      DocumentName: 'Server-Runbook-1', DocumentVersion: '7', DocumentHash: 'abc', DocumentHashType: 'Sha256',
      Targets: [{ Key: 'tag:graviton-tensorflow:stack', Values: ['Server'] }],
      Parameters: { BatchSize: ['4'], LogPath: ['/var/log/x.log'] },
      TimeoutSeconds: 120, MaxErrors: '100%', Comment: 'graviton-tf diagnose', OutputS3BucketName: 'results', OutputS3KeyPrefix: 'troubleshoot',
    }]);
    expect(stderr).toMatch(new RegExp(`${first}: Prepare Success[^]*${first}: Shadow Success[^]*${first}: Success`));
    expect(stdout).toContain(`✖ 1 finding: ${first} (c7g.xlarge)`);
    expect(stdout).toMatch(/FAIL +kernels\.reference +87 % of the time is in gemm:ref\n +→ serve batches of 2 or more/);
    expect(stdout).toContain('platform.network, platform.iowait:  no ENA counters here');
    expect(stdout).not.toContain('\u001b[');
  });

  test('is exactly the report with --json', async () => {
    const { code, stdout } = await diagnose({}, '--stack', 'Server', '--json');
    expect(code).toBe(1);
    expect(stdout).toBe(`${JSON.stringify(aReport())}\n`);
  });

  test('whose findings are none ends with 0, and which cannot be told with 2', async () => {
    const healthy = aHealthyReport(first);
    const outputs = (report: object) => ({ outputs: { [first]: { Report: { stdout: JSON.stringify(report) } } }, looks: { [first]: [succeeded] } });
    expect((await diagnose(outputs(healthy), ...named)).code).toBe(0);
    expect((await diagnose(outputs({ ...healthy, exitCode: 2 }), ...named)).code).toBe(2);
  });

  test('is found by a tag of its own, and its document by name', async () => {
    const { code, calls } = await diagnose({ documents: [{ Name: 'Mine-2' }, { Name: 'Mine' }] }, '--tag', 'team=a=b', '--document', 'Mine');
    expect(code).toBe(1);
    expect(calls[0].parameters).toEqual({ Filters: [{ Key: 'Owner', Values: ['Self'] }, { Key: 'Name', Values: ['Mine'] }] });
    expect(calls.find(({ operation }) => operation === 'SendCommand')?.parameters).toMatchObject({ DocumentName: 'Mine', Targets: [{ Key: 'tag:team', Values: ['a=b'] }] });
  });
});

describe('a report that was cut', () => {
  const cut: ScriptedSsm = {
    looks: { [first]: [succeeded] },
    outputs: { [first]: { Report: { stdout: JSON.stringify(aReport({ kernelsOmitted: 2, kernels: [aKernel()] })) } } },
  };
  const path = `/results/troubleshoot/${command}/${first}/awsrunShellScript/FullReport/stdout`;
  const whole = { ...aReport(), kernels: [aKernel(), aKernel({ count: 2 }), aKernel({ count: 3 })] };

  test('is read whole from the results bucket', async () => {
    const { stdout, stderr } = await diagnose({ ...cut, objects: { [path]: { body: JSON.stringify(whole) } } }, ...named, '--json');
    expect(JSON.parse(stdout)).toEqual(whole);
    expect(stderr).not.toContain('left out');
  });

  test.each<[string, ScriptedSsm, string]>([
    ['that is not there', {}, `the agent did not upload s3://results/troubleshoot/${command}/${first}/awsrunShellScript/FullReport/stdout`],
    ['that is not there, where keys may not be listed', { objects: { [path]: errorXml(403, 'AccessDenied', 'User: x is not authorized to perform: s3:ListBucket on resource: "arn:aws:s3:::results" because no identity-based policy allows the s3:ListBucket action') } }, 'the agent did not upload s3://results'],
    ['that may not be read', { objects: { [path]: errorXml(403, 'AccessDenied', 'User: x is not authorized to perform: s3:GetObject on resource: "y" because no identity-based policy allows the s3:GetObject action') } }, `these credentials may not call s3:GetObject on s3:/${path}.`],
    ['that is refused without a reason', { objects: { [path]: errorXml(403, 'AccessDenied', 'Access Denied') } }, `these credentials may not call s3:GetObject on s3:/${path}, or the agent did not upload it (its role needs s3:PutObject and s3:PutObjectAcl there).`],
    ['that is no report', { objects: { [path]: { body: '{"schemaVersion": 9}' } } }, 'its schemaVersion is 9'],
    ['without a bucket', { documents: [{ Name: 'D' }] }, 'the document has no tag that names a results bucket'],
  ])('%s stays cut, and that is said', async (_, more, sentence) => {
    const { code, stdout, stderr } = await diagnose({ ...cut, ...more }, ...named, '--json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ kernelsOmitted: 2 });
    expect(stderr).toContain(`! ${first}: 2 kernels are left out, since the whole report could not be read: ${sentence}`);
  });
});

describe('several instances', () => {
  const odd = { ...aReport(), instance: third };
  const fleet: ScriptedSsm = {
    instances: [online(first), online(second), online(third)],
    looks: { [first]: [succeeded], [second]: [succeeded], [third]: [{ Status: 'InProgress' }, succeeded] },
    outputs: Object.fromEntries([aHealthyReport(first), aHealthyReport(second), odd].map((report) => [report.instance, { Report: { stdout: JSON.stringify(report) } }])),
  };

  test('have a row each, and the one that differs is named with its rows', async () => {
    const { code, stdout } = await diagnose(fleet, '--stack', 'Server');
    expect(code).toBe(1);
    expect(stdout).toMatch(new RegExp(`${first} +oneDNN 3\\.2\\.1 +0 % +used +threadpool PASS +PASS`));
    expect(stdout).toMatch(new RegExp(`${third} +oneDNN 3\\.2\\.1 +87 % +not used +threadpool PASS +FAIL`));
    expect(stdout).toContain(`! ${third}: kernels.reference is FAIL, others PASS; summary.bf16 is available, requested, not used, others available, requested, used`);
    expect(stdout.match(/✖ 1 finding/g)).toHaveLength(1);
  });

  test('are one document with --json', async () => {
    const { stdout } = await diagnose(fleet, '--stack', 'Server', '--json');
    expect(JSON.parse(stdout)).toEqual({
      schemaVersion: 1, exitCode: 1, instances: [aHealthyReport(first), aHealthyReport(second), odd],
      outliers: [{ instance: third, differs: [
        { row: 'kernels.reference', has: 'FAIL', others: 'PASS' },
        { row: 'summary.bf16', has: 'available, requested, not used', others: 'available, requested, used' },
      ] }],
    });
  });

  test('of which one gives no report: it is told beside the others, and is no pass', async () => {
    const { code, stdout } = await diagnose({
      ...fleet, instances: [online(first), online(second), online(third, { PingStatus: 'ConnectionLost' })],
      looks: { [first]: [succeeded], [second]: [succeeded] },
    }, '--stack', 'Server', '--json');
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ exitCode: 2, outliers: [], unknown: [{ instance: third, reason: expect.stringContaining(`The SSM agent of ${third} is offline (ConnectionLost)`) }] });
  });
});

test('an unknown id among others does not make the service refuse all', async () => {
  const { code, stdout, calls } = await diagnose({}, '--instance', first, second, '--json');
  expect(code).toBe(1);
  expect(calls.find(({ operation }) => operation === 'SendCommand')?.parameters).toMatchObject({ InstanceIds: [first] });
  expect(JSON.parse(stdout)).toMatchObject({ instances: [{ instance: first }], unknown: [{ instance: second, reason: expect.stringContaining(`knows no instance ${second}`) }] });
});

test('of several without a report each has its sentence', async () => {
  const offline = { PingStatus: 'Inactive' };
  const message = await refused({ instances: [online(first, offline), online(second, offline)] }, '--stack', 'Server');
  expect(message.split('\n').map((line) => line.slice(0, 41))).toEqual([first, second].map((id) => `The SSM agent of ${id} is o`.slice(0, 41)));
});

describe('what cannot be told is one sentence with the fix, and exit code 2', () => {
  const without: ScriptedSsm = { instances: [] };
  test.each<[string, ScriptedSsm, readonly string[], string]>([
    ['no runbook of the stack', { documents: [] }, ['--stack', 'Other'], 'No troubleshooting runbook of stack Other is in eu-west-1: check --stack and --region'],
    ['no runbook', { documents: [] }, named, 'No troubleshooting runbook is in eu-west-1: check --region, deploy a stack'],
    ['several runbooks', { documents: [runbook, { Name: 'Second' }] }, named, 'There are 2 troubleshooting runbooks in eu-west-1 (Server-Runbook-1, Second): choose one with --document.'],
    ['no such document', { instead: ({ operation }) => (operation === 'DescribeDocument' ? refusal('InvalidDocument', 'Document D does not exist.') : undefined) }, [...named, '--document', 'D'],
      'Systems Manager has no such document in eu-west-1 (Document D does not exist): check --document and --region'],
    ['a document still being made', { description: { Status: 'Creating' } }, named, 'The document Server-Runbook-1 is Creating (no reason given): deploy the stack again.'],
    ['no such instance', without, named, `Systems Manager knows no instance ${first} in eu-west-1: check the id and --region`],
    ['no instance of the stack', without, ['--stack', 'Server'], 'No instance of stack Server is known to Systems Manager in eu-west-1: ask graviton-tf why --stack Server'],
    ['no instance with the tag', without, ['--tag', 'a=b'], 'No instance with the tag a=b is known to Systems Manager in eu-west-1'],
    ['agent offline', { instances: [online(first, { PingStatus: 'ConnectionLost', LastPingDateTime: 1767225600 })] }, named, `The SSM agent of ${first} is offline (ConnectionLost, last heard of at 2026-01-01T00:00:00.000Z): start the instance`],
    ['agent too old', { instances: [online(first, { AgentVersion: '3.3.987.0' })] }, named, `The SSM agent of ${first} is 3.3.987.0, and the runbook needs 3.3.2746.0: update it with the document AWS-UpdateSSMAgent.`],
    ['not Linux', { instances: [online(first, { PlatformType: 'Windows', PlatformName: 'Windows Server' })] }, named, `${first} runs Windows Server: the runbook is for Linux.`],
    ['undeliverable', endOf('Failed', { StatusDetails: 'Undeliverable' }), named, `The command could not be delivered to ${first}: check that the instance exists`],
    ['not delivered in time', endOf('TimedOut', { StatusDetails: 'DeliveryTimedOut' }), named, `${first} did not receive the command in time: check that its SSM agent runs`],
    ['out of time', endOf('TimedOut', { StatusDetails: 'ExecutionTimedOut', CommandPlugins: steps(['Prepare', 'Success'], ['Shadow', 'TimedOut']) }), named, `The diagnosis on ${first} ran out of time in step Shadow, and its clean-up has run`],
    ['cancelled elsewhere', endOf('Cancelled', { StatusDetails: 'Cancelled' }), named, `The command was cancelled by somebody else while ${first} ran it: run it again.`],
    ['ended for others\' failures', endOf('Failed', { StatusDetails: 'Terminated' }), named, `The command was ended before it reached ${first}`],
    ['a step failed', { ...endOf('Failed', { CommandPlugins: steps(['Prepare', 'Failed'], ['Collect', 'Cancelled']) }), outputs: { [first]: { Prepare: { stderr: 'no\npython3 is 3.6: install Python 3.7.\nfailed to run commands: exit status 1\n' } } } }, named,
      `Step Prepare failed on ${first}: python3 is 3.6: install Python 3.7.`],
    ['a step failed, and those it stopped are told as successes', {
      ...endOf('Failed', { CommandPlugins: steps(['Prepare', 'Failed'], ['Report', 'Success']) }), outputs: { [first]: { Prepare: { stderr: 'another diagnosis is under way.' }, Report: { stdout: '' } } },
    }, named, `Step Prepare failed on ${first}: another diagnosis is under way.`],
    ['a step failed silently', endOf('Failed', { CommandPlugins: steps(['Prepare', 'Failed']) }), named, `Step Prepare failed on ${first} with status 1 and wrote nothing to stderr: read aws ssm list-command-invocations`],
    ['a step ran out of time', endOf('Failed', { CommandPlugins: steps(['Verdict', 'TimedOut']) }), named, `Step Verdict ran out of time on ${first}`],
    ['another document', endOf('Success', { CommandPlugins: steps(['runShellScript', 'Success']) }), named, `The document Server-Runbook-1 ended well on ${first} without a step Report: it is no troubleshooting runbook`],
    ['a report of another version', { looks: { [first]: [succeeded] }, outputs: { [first]: { Report: { stdout: '{"schemaVersion": 2}' } } } }, named, `The report of ${first} cannot be used: its schemaVersion is 2`],
  ])('%s', async (_, script, args, sentence) => {
    const message = await refused(script, ...args);
    expect(message).toContain(sentence);
    expect(message.split('\n')).toHaveLength(1);
    expect(message).toMatch(/\.$/);
  });

  test.each<[string, string, string, string]>([
    ['SendCommand', 'AccessDeniedException', 'User: x is not authorized to perform: ssm:SendCommand on resource: y', 'The credentials may not call ssm:SendCommand in eu-west-1'],
    ['SendCommand', 'AccessDeniedException', 'User: x is not authorized to perform: ssm:SendCommand on resource: arn:aws:s3:::results because no identity-based policy allows it', 'The credentials may not call ssm:SendCommand on arn:aws:s3:::results in eu-west-1'],
    ['ListDocuments', 'ThrottlingException', 'Rate exceeded', 'AWS limits the rate of requests in eu-west-1 and kept refusing: try again in a minute.'],
    ['SendCommand', 'InvalidInstanceId', '', 'Systems Manager cannot send to these instances in eu-west-1: check that they run'],
    ['SendCommand', 'InvalidParameters', 'LogPath does not match', 'The document does not allow a parameter (LogPath does not match): correct the option'],
    ['SendCommand', 'InvalidDocumentVersion', '', 'The document has changed since it was looked up: run the command again.'],
    ['SendCommand', 'MaxDocumentSizeExceeded', '', 'The document and its parameters are larger than the 64 KB'],
    ['SendCommand', 'UnsupportedPlatformType', '', 'The document is for Linux, and an instance runs something else'],
    ['SendCommand', 'InvalidOutputFolder', '', 'The results bucket that the document\'s tag names cannot be used in eu-west-1'],
    ['SendCommand', 'TargetNotConnected', 'i-0 is not connected.', 'The instance is not connected to Systems Manager in eu-west-1'],
    ['DescribeInstanceInformation', 'ExpiredTokenException', 'expired', 'The AWS credentials have expired: sign in again.'],
  ])('%s refused with %s', async (operation, code, message, sentence) => {
    expect(await refused({ instead: (call) => (call.operation === operation ? refusal(code, message) : undefined) }, ...named)).toContain(sentence);
  });

  test('on stderr, and as a document with --json', async () => {
    const { code, stdout, stderr } = await diagnose({ instances: [] }, ...named, '--json');
    const sentence = `Systems Manager knows no instance ${first} in eu-west-1`;
    expect(code).toBe(2);
    expect(stderr).toMatch(new RegExp(`^✖ ${sentence}.*\\.\n$`));
    expect(JSON.parse(stdout)).toEqual({ schemaVersion: 1, exitCode: 2, reason: expect.stringContaining(sentence) });
  });
});

test('a throttled look is tried again', async () => {
  const { code, calls } = await diagnose({ instead: ({ operation }, count) => (operation === 'ListCommandInvocations' && count === 0 ? refusal('ThrottlingException', 'Rate exceeded') : undefined) }, ...named);
  expect(code).toBe(1);
  expect(calls.filter(({ operation }) => operation === 'SendCommand')).toHaveLength(1);
});

test('a command that may not be watched is cancelled', async () => {
  const script: ScriptedSsm = { instead: ({ operation }) => (operation === 'ListCommandInvocations' ? refusal('AccessDeniedException', 'x is not authorized to perform: ssm:ListCommandInvocations') : undefined) };
  const { code, stderr, calls } = await diagnose(script, ...named);
  expect(code).toBe(2);
  expect(stderr).toContain('✖ The credentials may not call ssm:ListCommandInvocations in eu-west-1');
  expect(calls.map(({ operation }) => operation)).toContain('CancelCommand');
});

test('a step that failed beside a report is told with it', async () => {
  const { code, stderr } = await diagnose({ looks: { [first]: [{ Status: 'Failed', CommandPlugins: steps(['Log', 'Failed'], ['Report', 'Success']) }] }, outputs: { [first]: { Report: { stdout: JSON.stringify(aReport()) }, Log: { stderr: 'tail\nthe log is gone.\n' } } } }, ...named);
  expect(code).toBe(1);
  expect(stderr).toContain(`! ${first}: Step Log failed on ${first}: the log is gone.`);
});

describe('interrupted', () => {
  async function interrupt(signal: NodeJS.Signals, script: ScriptedSsm, ...args: string[]) {
    const aws = await StandInAws.start(scriptedSsm(script));
    try {
      const { child, ended } = startCli(['diagnose', ...named, ...args], { ...credentials(aws.endpoint), AWS_MAX_ATTEMPTS: '2' });
      while (!aws.calls.some(({ operation }) => operation === 'ListCommandInvocations')) await sleep(50);
      child.kill(signal);
      return { ...await ended, cancelled: aws.calls.filter(({ operation }) => operation === 'CancelCommand').map(({ parameters }) => parameters) };
    } finally {
      await aws.stop();
    }
  }
  const endless: ScriptedSsm = { looks: { [first]: [{ Status: 'InProgress', CommandPlugins: steps(['Shadow', 'InProgress']) }] } };

  test.each(['SIGINT', 'SIGTERM'] as const)('by %s, it cancels the command that it sent', async (signal) => {
    const { code, stdout, stderr, cancelled } = await interrupt(signal, endless);
    expect({ code, stdout, cancelled }).toEqual({ code: 130, stdout: '', cancelled: [{ CommandId: command }] });
    expect(stderr).toContain(`■ Interrupted: command ${command} was cancelled, and the instances have ended it.`);
  });

  test.each([
    ['', 'AccessDeniedException'],
    ['x is not authorized to perform: ssm:CancelCommand on resource: *', 'the credentials may not call ssm:CancelCommand'],
  ])('and not allowed to cancel (%s), it says how', async (message, why) => {
    const { code, stderr } = await interrupt('SIGINT', { ...endless, instead: ({ operation }) => (operation === 'CancelCommand' ? refusal('AccessDeniedException', message) : undefined) });
    expect(code).toBe(2);
    expect(stderr).toContain(`✖ Command ${command} of Server-Runbook-1 could not be cancelled (${why}): it ends by itself, or cancel it with aws ssm cancel-command --command-id ${command}.`);
  });
});
