import { existsSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { command, first, online, operate, scriptedSsm, second, steps, succeeded, type ScriptedSsm } from '../diagnose/scripted-ssm';
import { credentials, startCli } from '../run-cli';
import { StandInAws } from '../stand-in-aws';
import { aRefusedWheel, aWheelBuild } from './wheel-reports';

jest.setTimeout(60_000);

const instances = [first, second];

const building = (...reports: readonly object[]): ScriptedSsm => ({
  documents: [{ Name: 'Wheel', Tags: [{ Key: 'graviton-tensorflow:runbook', Value: 'build-wheel' }, { Key: 'graviton-tensorflow:results', Value: 'results' }] }],
  instances: reports.map((_, i) => online(instances[i])),
  looks: Object.fromEntries(reports.map((_, i) => [instances[i], [succeeded]])),
  outputs: Object.fromEntries(reports.map((report, i) => [instances[i], { Report: { stdout: JSON.stringify(report) } }])),
});

type Calls = ReadonlyArray<{ readonly operation: string; readonly parameters: object }>;
const asked = (calls: Calls, operation: string) => calls.find((call) => call.operation === operation)?.parameters;

test('a wheel is built on the instances with the stack\'s build tag, and not on its servers', async () => {
  const { code, calls } = await operate(building(aWheelBuild()), 'build', 'wheel', '--stack', 'Wheels', '--release', '2.17.0', '--compiler', 'gcc', '--python', '3.11', '--jobs', '8', '--fresh', '--json');
  expect(code).toBe(0);
  expect(asked(calls, 'ListDocuments')).toMatchObject({ Filters: expect.arrayContaining([{ Key: 'tag:graviton-tensorflow:runbook', Values: ['build-wheel'] }, { Key: 'tag:graviton-tensorflow:stack', Values: ['Wheels'] }]) });
  expect(asked(calls, 'DescribeInstanceInformation')).toMatchObject({ Filters: [{ Key: 'tag:graviton-tensorflow:build', Values: ['Wheels'] }] });
  expect(asked(calls, 'SendCommand')).toMatchObject({
    Targets: [{ Key: 'tag:graviton-tensorflow:build', Values: ['Wheels'] }], Comment: 'graviton-tf build wheel', OutputS3KeyPrefix: 'build-wheel',
    Parameters: { Release: ['2.17.0'], Compiler: ['gcc'], Python: ['3.11'], Jobs: ['8'], Fresh: ['true'] },
  });
});

test('what is not asked for stays at the document\'s defaults; what has no option goes by --parameter', async () => {
  const { calls } = await operate(building(aWheelBuild()), 'build', 'wheel', '--instance', first, '--parameter', 'Jobs=2');
  expect(asked(calls, 'SendCommand')).toMatchObject({ InstanceIds: [first], Parameters: { Jobs: ['2'] } });
  expect(Object.keys((asked(calls, 'SendCommand') as { Parameters: object }).Parameters)).toEqual(['Jobs']);
});

test('the result says where the wheel is, and the line to use it', async () => {
  const { code, stdout } = await operate(building(aWheelBuild()), 'build', 'wheel', '--stack', 'Wheels');
  const wheel = 'build-wheel/2.16.1/clang-17.0.2/tensorflow-2.16.1-cp311-cp311-linux_aarch64.whl';
  expect(code).toBe(0);
  expect(stdout.split('\n')[0]).toBe('✔ TensorFlow 2.16.1 for Python 3.11: uploaded');
  expect(stdout).toContain(`runtime: TensorFlowRuntime.wheelFile(s3.Bucket.fromBucketName(this, 'Artifacts', 'wheels'), '${wheel}', { sha256: '${'ab'.repeat(32)}' }),`);
  for (const said of [`s3://wheels/${wheel}`, 'clang 17.0.2', '6.5.0', 'kernels.reference', 'Build 7,200 s', 'https://github.com/tensorflow/tensorflow.git']) expect(stdout).toContain(said);
});

test('--json is the report, --markdown and --html say the same', async () => {
  const page = join(tmpdir(), `wheel-${process.pid}.html`);
  const { stdout } = await operate(building(aWheelBuild()), 'build', 'wheel', '--stack', 'Wheels', '--json', '--html', page);
  expect(JSON.parse(stdout)).toEqual(aWheelBuild());
  expect(readFileSync(page, 'utf8')).toContain('TensorFlowRuntime.wheelFile(');
  rmSync(page);
  const markdown = await operate(building(aWheelBuild()), 'build', 'wheel', '--stack', 'Wheels', '--markdown');
  expect(markdown.stdout).toContain('```typescript\nruntime: TensorFlowRuntime.wheelFile(');
});

test('a wheel that its test refused: exit code 1, with the findings, and no line to use it', async () => {
  const script: ScriptedSsm = {
    ...building(aRefusedWheel()),
    looks: { [first]: [{ Status: 'Failed', CommandPlugins: steps(['Prepare', 'Success'], ['Test', 'Failed'], ['Report', 'Success']) }] },
    outputs: { [first]: { Report: { stdout: JSON.stringify(aRefusedWheel()) }, Test: { stderr: 'The wheel failed its test and is not uploaded: wheel.acl: 0%' } } },
  };
  const { code, stdout, stderr } = await operate(script, 'build', 'wheel', '--stack', 'Wheels');
  expect(code).toBe(1);
  expect(stdout.split('\n')[0]).toBe('✖ TensorFlow 2.16.1 for Python 3.11: refused');
  expect(stdout).toMatch(/wheel\.acl +FAIL/);
  expect(stdout).not.toContain('wheelFile');
  expect(stderr).toContain('Step Test failed');
});

test('a build that failed: exit code 2, with its own words', async () => {
  const script: ScriptedSsm = {
    ...building(aWheelBuild()),
    looks: { [first]: [{ Status: 'Failed', CommandPlugins: steps(['Prepare', 'Success'], ['Build', 'Failed'], ['Report', 'Failed']) }] },
    outputs: { [first]: { Build: { stderr: 'bazel ended with status 1: ERROR: op.cc failed; the next command goes on from here\nfailed to run commands: exit status 1' }, Report: { stderr: 'There is no report: see the steps before.' } } },
  };
  const { code, stderr } = await operate(script, 'build', 'wheel', '--stack', 'Wheels');
  expect(code).toBe(2);
  expect(stderr).toContain(`Step Build failed on ${first}: bazel ended with status 1: ERROR: op.cc failed; the next command goes on from here`);
});

test('several instances have a row each', async () => {
  const { code, stdout } = await operate(building(aWheelBuild(), aRefusedWheel()), 'build', 'wheel', '--stack', 'Wheels');
  expect(code).toBe(1);
  expect(stdout).toMatch(new RegExp(`${first} +uploaded[^]*${second} +refused`));
});

test.each<[string, string[], string]>([
  ['nothing to build on', [], 'No instance to build on was named: give one of --stack NAME, --instance ID or --tag KEY=VALUE.'],
  ['two of them', ['--stack', 'S', '--tag', 'a=b'], '--stack and --tag were given together'],
  ['jobs that are none', ['--stack', 'S', '--jobs', '0'], '--jobs is "0": give a whole number from 1 to 192.'],
  ['a page in no folder', ['--stack', 'S', '--html', '/no/such/folder/page.html'], '--html /no/such/folder/page.html cannot be written'],
  ['a parameter twice', ['--stack', 'S', '--jobs', '4', '--parameter', 'Jobs=2'], '--parameter Jobs is given twice, or by another option already: give it once.'],
])('refused before anything is asked of AWS: %s', async (_, args, sentence) => {
  const { code, stderr, calls } = await operate(building(aWheelBuild()), 'build', 'wheel', ...args);
  expect({ code, calls }).toEqual({ code: 2, calls: [] });
  expect(stderr.replace(/\s+/g, ' ')).toContain(sentence);
  expect(existsSync('/no/such/folder')).toBe(false);
});

test('a compiler that is none', async () => {
  const { code, stderr } = await operate(building(aWheelBuild()), 'build', 'wheel', '--stack', 'S', '--compiler', 'icc');
  expect(code).toBe(2);
  expect(stderr).toContain('Allowed choices are clang, gcc.');
});

test('no instance with the build tag', async () => {
  const { code, stderr } = await operate({ ...building(aWheelBuild()), instances: [] }, 'build', 'wheel', '--stack', 'Wheels');
  expect(code).toBe(2);
  expect(stderr.replace(/\s+/g, ' ')).toContain('No instance with the tag graviton-tensorflow:build=Wheels is known to Systems Manager in');
});

test('an interruption cancels the command', async () => {
  const endless: ScriptedSsm = { ...building(aWheelBuild()), looks: { [first]: [{ Status: 'InProgress', CommandPlugins: steps(['Build', 'InProgress']) }] } };
  const aws = await StandInAws.start(scriptedSsm(endless));
  try {
    const { child, ended } = startCli(['build', 'wheel', '--stack', 'Wheels'], { ...credentials(aws.endpoint), AWS_MAX_ATTEMPTS: '2' });
    while (!aws.calls.some(({ operation }) => operation === 'ListCommandInvocations')) await sleep(50);
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    expect({ code, cancelled: aws.calls.filter(({ operation }) => operation === 'CancelCommand').map(({ parameters }) => parameters) }).toEqual({ code: 130, cancelled: [{ CommandId: command }] });
    expect(stderr).toContain(`■ Interrupted: command ${command} was cancelled, and the instances have ended it.`);
  } finally {
    await aws.stop();
  }
});
