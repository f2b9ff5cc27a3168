import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { optimizeCommand } from '../../../cli/optimize/command';
import { repository, runCli, startCli } from '../run-cli';
import { refusedBy } from '../tuning/refused';
import { anOptimization } from '../tuning/reports';
import { ScriptedPython } from '../tuning/scripted-python';

jest.setTimeout(60_000);

let python: ScriptedPython;
let model: string;
let graph: string;
beforeAll(() => {
  python = new ScriptedPython();
  model = python.file('model');
  graph = python.file('graph.pb');
  mkdirSync(model);
  writeFileSync(graph, '');
});
afterAll(() => python.remove());

const step = (name: string, status: string, text = '') => ({ event: 'step', name, status, text });
const well = () => [step('Freeze', 'InProgress'), step('Freeze', 'Success', '4210 → 160 nodes'), { event: 'progress', done: 3, total: 5, text: 'pairs' }, { event: 'report', report: anOptimization() }];
const optimize = (...args: string[]) => runCli(['optimize', '--python', python.path, ...args]);
const here = () => ['--model', model, '--output', python.file('out')];

test('starts the program with absolute paths and both packages, shows its steps, and the report', async () => {
  python.says(well());
  const { code, stdout, stderr } = await optimize('--model', model, '--output', 'out', '--model-version', '3', '--tolerance', '1e-3', '--time', '9', '--dry-run');
  expect(python.arguments()).toEqual(['-m', 'tuning.optimize', `--model=${model}`, `--output=${repository}/out`, '--version=3', '--tolerance=0.001', '--seconds=9', '--dry-run']);
  expect(readFileSync(python.file('path'), 'utf8').trim()).toBe(`${repository}:${repository}/userdata/wheel`);
  expect(stderr).toMatch(/\[COMPLETED\] Freeze: 4210 → 160 nodes[^]*3 of 5, pairs/);
  expect({ code, title: stdout.split('\n')[0] }).toEqual({ code: 0, title: `✔ ${model}: published as version 2, 1.43 × as fast` });
  expect(stdout).toMatch(/median latency +2 ms +1\.4 ms +1\.43 ×/);
  expect(stdout).toContain('1.80 × as fast, and differs by at most 0.003 absolute, 0.01 relative, beyond the tolerance');
});

test('--json is the report exactly, also what this version does not know of it', async () => {
  const report = { ...anOptimization(), later: { a: [1e-7] } };
  python.says([{ event: 'report', report }]);
  expect(JSON.parse((await optimize(...here(), '--json')).stdout)).toEqual(report);
});

test('what was kept ends with 1 and says why', async () => {
  python.says([step('Measure', 'Failed', 'it is slower'), { event: 'report', report: anOptimization({ outcome: 'kept', exitCode: 1, reason: 'Not published: it is slower.', published: null, speedup: null, after: {} }) }], 1);
  const { code, stdout } = await optimize(...here());
  expect(code).toBe(1);
  expect(stdout).toMatch(/^! .*: not published\n\n +Not published: it is slower\.\n/);
});

test.each(['SIGINT', 'SIGTERM'] as const)('%s ends the program and waits for it', async (signal) => {
  const ready = python.file(`ready-${signal}`);
  const ended = python.file(`ended-${signal}`);
  python.does(`trap 'sleep 0.3; echo >${ended}; exit 143' TERM\necho '{"event":"step","name":"Measure","status":"InProgress"}'\necho >${ready}\nwhile :; do sleep 0.05; done`);
  const { child, ended: outcome } = startCli(['optimize', '--python', python.path, ...here(), '--json']);
  while (!existsSync(ready)) await sleep(50);
  child.kill(signal);
  const { code, stdout, stderr } = await outcome;
  expect({ code, ended: existsSync(ended), said: JSON.parse(stdout) as unknown }).toEqual({
    code: 130, ended: true, said: { schemaVersion: 1, exitCode: 130, reason: 'interrupted: the optimization was ended, and nothing was published' },
  });
  expect(stderr).toContain('■ Interrupted: the optimization was ended, and nothing was published.');
});

describe('what cannot be told is one sentence', () => {
  test.each<[string, () => unknown, RegExp]>([
    ['a refusal', () => python.says([step('Load', 'Failed', 'x'), { event: 'refusal', reason: 'The model has no signature.' }], 2), /^The model has no signature\.$/],
    ['a refusal that refers to its standard error', () => python.does('echo \'{"event":"refusal","reason":"A process ended; standard error says more."}\'; echo "TypeError: no" >&2; exit 2'), /^A process ended; standard error says more \(TypeError: no\)\.$/],
    ['no report', () => python.does('echo oh >&2; exit 7'), /^tuning\.optimize ended with status 7 and gave no report: oh$/],
    ['no TensorFlow', () => python.does('echo "ModuleNotFoundError: No module named \'tensorflow\'" >&2; exit 1'), /^\S+python has no module tensorflow: install it there, or give a Python that has TensorFlow/],
    ['a report of another version', () => python.says([{ event: 'report', report: { schemaVersion: 2 } }]), /^The report of tuning\.optimize cannot be used: its schemaVersion is 2/],
    ['a report that lacks a part', () => python.says([{ event: 'report', report: { ...anOptimization(), passes: 'none' } }]), /^The report of tuning\.optimize cannot be used: passes is wrong \(/],
    ['an old Python', () => python.does('', '3.9'), /^--python \S+ is Python 3\.9: give Python 3\.10 or later with --python\.$/],
  ])('%s', async (_, prepare, sentence) => {
    prepare();
    expect(await refusedBy(optimizeCommand, ['--python', python.path, ...here()])).toMatch(sentence);
  });

  test.each<[() => string[], string]>([
    [() => [], 'Nothing to optimize was named: give one of --model DIR, --stack NAME, --instance ID or --tag KEY=VALUE.'],
    [() => ['--model', '/no/such', '--output', 'x'], '--model /no/such is not there: give a SavedModel,'],
    [() => ['--model', model], '--output is missing: give the directory that gets the optimized model'],
    [() => ['--model', graph, '--output', 'x'], '--model GRAPH is a file: a frozen graph needs the names of its nodes with --inputs and --outputs.'],
    [() => [...here(), '--inputs', 'x'], '--inputs goes with a frozen graph, and --model MODEL is a directory'],
    [() => [...here(), '--samples', '/no/such'], '--samples /no/such is no file'],
    [() => [...here(), '--stack', 'S'], '--model and --stack were given together'],
    [() => [...here(), '--parameter', 'A=b'], '--parameter has no meaning with --model: it goes with --stack, --instance, --tag.'],
    [() => ['--stack', 'S', '--output', 'x'], '--output has no meaning with --stack: it goes with --model.'],
    [() => ['--stack', 'S', '--samples', 'x'], '--samples is "x": give the file\'s absolute path on the instance.'],
    [() => ['--stack', 'S', '--parameter', 'A'], '--parameter is "A": give a name and a value'],
    [() => ['--stack', 'S', '--pairs', '3', '--parameter', 'Pairs=4'], '--parameter Pairs is given twice'],
    [() => [...here(), '--tolerance', 'x'], '--tolerance is "x": give a number of at least 0, such as 0.001.'],
    [() => [...here(), '--python', '/no/python'], '--python /no/python cannot be run (ENOENT)'],
    [() => [...here(), '--json', '--markdown'], '--json and --markdown both print the report'],
  ])('%#', async (args, sentence) => {
    const message = await refusedBy(optimizeCommand, args());
    expect(message).toContain(sentence.replace('MODEL', model).replace('GRAPH', graph));
    expect(message.split('\n')).toHaveLength(1);
  });

});
