import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { benchmarkCommand } from '../../../cli/benchmark/command';
import { runCli } from '../run-cli';
import { refusedBy } from '../tuning/refused';
import { aBenchmark, aScenario, aSweep } from '../tuning/reports';
import { ScriptedPython } from '../tuning/scripted-python';

jest.setTimeout(60_000);

let python: ScriptedPython;
let model: string;
beforeAll(() => {
  python = new ScriptedPython();
  model = python.file('model');
  mkdirSync(model);
});
afterAll(() => python.remove());

const benchmark = (...args: string[]) => runCli(['benchmark', '--python', python.path, ...args]);

test('starts LoadGen\'s program, says INVALID with its reasons, and keeps the document for compare', async () => {
  python.says([{ event: 'report', report: aBenchmark() }]);
  const out = python.file('out.json');
  const { code, stdout } = await benchmark('--model', model, '--scenario', 'SingleStream', 'Server', '--time', '10', '--qps', '12.5', '--latency', '20', '--bf16', 'on', '--out', out);
  expect(python.arguments()).toEqual(['-m', 'tuning.benchmark', `--model=${model}`, '--time=10', '--qps=12.5', '--latency=20', '--bf16=on', '--scenario=SingleStream', '--scenario=Server']);
  expect({ code, title: stdout.split('\n')[0] }).toEqual({ code: 0, title: '! c7g.xlarge demo: INVALID in Offline' });
  expect(stdout).toMatch(/Offline is INVALID by LoadGen's rules[^\n]*\n +· Min duration not satisfied: 10\.2 s of 600 s, shortened by --time 10\.\n/);
  expect(stdout).toMatch(/result +VALID +INVALID\n +samples a second +520 +800\n/);
  for (const fact of ['c7g.xlarge, Neoverse-V1 aarch64, 4 vCPUs, 8 GiB', 'registry/image:1', 'sha256:abc', 'c0ffee', 'TF_ENABLE_ONEDNN_OPTS=1']) expect(stdout).toContain(fact);
  expect(JSON.parse(readFileSync(out, 'utf8'))).toEqual(aBenchmark());
});

test('requests that failed end with 1, and are told before anything else', async () => {
  python.says([{ event: 'report', report: aBenchmark({ exitCode: 1, scenarios: [aScenario({ valid: false, errors: 7, latency: null, throughput: null })] }) }], 1);
  const { code, stdout } = await benchmark('--endpoint', 'http://127.0.0.1:1/v1/models/demo');
  expect(python.arguments()).toEqual(['-m', 'tuning.benchmark', '--endpoint=http://127.0.0.1:1/v1/models/demo']);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^✖ .*\n\n +✖ SingleStream: 7 of 312,000 requests failed\n/);
});

test('a sweep shows its progress, its candidates and the code to paste', async () => {
  python.says([{ event: 'step', name: 'Sweep', status: 'InProgress' }, { event: 'progress', done: 3, total: 20, text: '2 processes' }, { event: 'report', report: aSweep() }]);
  const { code, stdout, stderr } = await benchmark('--model', model, '--sweep', '--time', '120', '--latency', '30', '--batch', '4');
  expect(python.arguments()).toEqual(['-m', 'tuning.sweep', `--model=${model}`, '--batch=4', '--seconds=120', '--max-latency=30']);
  expect(stderr).toContain('3 of 20, 2 processes');
  expect(code).toBe(0);
  expect(stdout).toContain(`✔ ${model}: 1.23 × the throughput of the default`);
  expect(stdout).toContain('\nserving: { processes: 2 },\n');
  expect(stdout).toContain('\nnpx cdk deploy -c serving=\'{"processes":2}\'\n');
  expect(stdout).toMatch(/best +510 [^\n]*\n *default +415 [^\n]*\n +200 .*stopped/);
});

test('nothing is kept where there is no report', async () => {
  python.says([{ event: 'refusal', reason: 'No.' }], 2);
  const out = python.file('none.json');
  expect(await refusedBy(benchmarkCommand, ['--python', python.path, '--model', model, '--out', out])).toBe('No.');
  expect(existsSync(out)).toBe(false);
});

describe('what makes no sense together is one sentence', () => {
  const stack = ['--stack', 'S'];
  test.each<[readonly string[], string]>([
    [[], 'Nothing to benchmark was named: give one of --model DIR, --endpoint URL, --stack NAME, --instance ID or --tag KEY=VALUE.'],
    [['--model', '/no/such'], '--model /no/such is no directory'],
    [['--model', 'MODEL', '--endpoint', 'x'], '--model and --endpoint were given together'],
    [['--endpoint', 'x', '--sweep'], '--sweep has no meaning with --endpoint: it goes with --model, --stack, --instance, --tag.'],
    [['--endpoint', 'x', '--bf16', 'on'], '--bf16 has no meaning with --endpoint: it goes with --model.'],
    [['--model', 'MODEL', '--path', 'grpc'], '--path has no meaning with --model'],
    [['--model', 'MODEL', '--apply'], '--apply has no meaning with --model'],
    [[...stack, '--apply'], '--apply writes what a sweep recommends: it goes with --sweep.'],
    [[...stack, '--even-under-traffic'], '--even-under-traffic allows a sweep beside requests: it goes with --sweep.'],
    [[...stack, '--sweep', '--scenario', 'Server'], '--scenario has no meaning with --sweep'],
    [['--model', 'MODEL', '--scenario', 'MultiStream'], '--scenario is "MultiStream": give SingleStream, Offline or Server.'],
    [['--model', 'MODEL', '--qps', '3'], '--qps is for Server: name it with --scenario.'],
    [['--model', 'MODEL', '--latency', '3'], '--latency is for Server: name it with --scenario, or give --sweep.'],
    [['--model', 'MODEL', '--workload', 'bert'], '--workload bert runs MLPerf\'s own procedure on instances'],
    [[...stack, '--workload', 'gpt'], '--workload is "gpt": give model, resnet50 or bert.'],
    [[...stack, '--workload', 'bert', '--sweep'], '--sweep tries the settings of a model\'s server, and --workload bert has none'],
    [[...stack, '--workload', 'bert', '--scenario', 'Server'], '--scenario is "Server": give SingleStream or Offline.'],
    [[...stack, '--workload', 'bert', '--batch', '2'], '--batch has no meaning with --workload resnet50 or bert'],
    [[...stack, '--dataset', 's3://x'], '--dataset goes with --workload resnet50 or bert.'],
    [['--model', 'MODEL', '--out', '/no/such/file'], '--out /no/such/file cannot be written: there is no folder /no/such.'],
    [['--model', 'MODEL', '--time', '0'], '--time is "0": give a whole number from 1 to 86400.'],
  ])('%j', async (args, sentence) => {
    const message = await refusedBy(benchmarkCommand, args.map((arg) => arg.replace('MODEL', model)));
    expect(message).toContain(sentence);
    expect(message.split('\n')).toHaveLength(1);
  });
});
