import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareCommand } from '../../../cli/compare/command';
import type { Comparison } from '../../../cli/compare/comparison';
import { runCli } from '../run-cli';
import { refusedBy } from '../tuning/refused';
import { aBenchmark, aScenario, aSweep, anOptimization, offline } from '../tuning/reports';

jest.setTimeout(60_000);

let folder: string;
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'graviton-tf-compare-')); });
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const c6g = (more: object = {}) => aBenchmark({ label: 'c6g.xlarge demo', machine: { ...aBenchmark().machine, instanceType: 'c6g.xlarge' }, scenarios: [aScenario({ throughput: 260 }), offline()], ...more });
const prices = { source: 'our contract', date: '2026-11-01', currency: 'EUR', hourly: { 'c7g.xlarge': 0.156, 'c6g.xlarge': 0.13 } };

async function compared(...args: string[]): Promise<Comparison & { code: number | null }> {
  const { code, stdout } = await runCli(['compare', ...args, '--json']);
  return { code, ...JSON.parse(stdout) as Comparison };
}

/** What the command prints of its failure. */
const refused = (...args: string[]) => refusedBy(compareCommand, args);

test('puts scenarios side by side, with the ratio to the first and what is INVALID', async () => {
  const { code, stdout } = await runCli(['compare', file('a.json', aBenchmark()), file('b.json', c6g())]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/SingleStream\n[^\n]+\n +c7g\.xlarge demo +520 +1\.00 × +1\.8 +2\.5 +VALID\n +c6g\.xlarge demo +260 +0\.50 × +1\.8 +2\.5 +VALID\n/);
  expect(stdout).toMatch(/Offline\n[^\n]+\n +c7g\.xlarge demo +800 +1\.00 ×[^\n]*INVALID\n/);
  expect(stdout).not.toContain('per million');
});

test('a cost is the hour\'s price over an hour\'s answers, and names source and date', async () => {
  const args = [file('a.json', aBenchmark()), file('b.json', c6g()), '--prices', file('prices.json', prices)];
  const { scenarios: [single] } = await compared(...args);
  expect(single.runs.map(({ cost }) => cost)).toEqual([
    { perMillion: 0.156 / (520 * 3600) * 1e6, currency: 'EUR', hourly: 0.156, instanceType: 'c7g.xlarge', source: 'our contract', date: '2026-11-01' },
    { perMillion: 0.13 / (260 * 3600) * 1e6, currency: 'EUR', hourly: 0.13, instanceType: 'c6g.xlarge', source: 'our contract', date: '2026-11-01' },
  ]);
  const { stdout } = await runCli(['compare', ...args, '--html', join(folder, 'page.html')]);
  // 0.156 / (520 × 3600) × 1 000 000
  expect(stdout).toMatch(/EUR per million[^\n]*\n +c7g\.xlarge demo[^\n]* 0\.083 +VALID\n[^\n]* 0\.139 +VALID\n\n +Prices: our contract, 2026-11-01\.\n/);
  expect(readFileSync(join(folder, 'page.html'), 'utf8')).toContain('Cost per million inferences, EUR (our contract, 2026-11-01)');
});

test('there is no price but the given: an unknown type has none, and an instance type can be named', async () => {
  const unknown = c6g({ label: 'laptop', machine: {} });
  const files = [file('a.json', { ...aBenchmark(), machine: { ...aBenchmark().machine, instanceType: 'c8g.xlarge' } }), file('c.json', unknown)];
  const priced = ['--prices', file('prices.yaml', 'source: our contract\ndate: 2026-11-01\nhourly: {c7g.xlarge: 0.156}\n')];
  const without = await compared(...files, ...priced);
  expect(without.withoutPrice).toEqual(['no price for c8g.xlarge (c7g.xlarge demo) in our contract, 2026-11-01', 'no price for laptop: its result says no instance type, so name it with --instance-type "laptop=TYPE"']);
  expect(without.scenarios[0].runs.map(({ cost }) => cost)).toEqual([undefined, undefined]);
  const named = await compared(...files, ...priced, '--instance-type', 'laptop=c7g.xlarge');
  expect(named.scenarios[0].runs[1].cost).toMatchObject({ hourly: 0.156, currency: 'USD', instanceType: 'c7g.xlarge' });
});

test('what keeps figures from being weighed is called out, and ends with 1', async () => {
  const other = c6g({ software: { tensorflow: '2.16.1' }, workload: { ...aBenchmark().workload, batch: 8, path: 'grpc', model: '/elsewhere/demo/3' } });
  const { code, notComparable } = await compared(file('a.json', aBenchmark()), file('b.json', other));
  expect({ code, notComparable }).toEqual({ code: 1, notComparable: [
    'the way of asking differs: rest in c7g.xlarge demo; grpc in c6g.xlarge demo',
    'the batch size differs: 1 in c7g.xlarge demo; 8 in c6g.xlarge demo',
    'the TensorFlow differs: 2.20.0 in c7g.xlarge demo; 2.16.1 in c6g.xlarge demo',
  ] });
  const { notComparable: models } = await compared(file('a.json', aBenchmark()), file('b.json', c6g({ workload: { ...aBenchmark().workload, model: '/models/resnet/1' } })));
  expect(models).toEqual(['the model differs: demo in c7g.xlarge demo; resnet in c6g.xlarge demo']);
});

test('sweeps and optimizations are compared with their like, and runs of one label told apart', async () => {
  const sweeps = await compared(file('s.json', aSweep()), file('t.json', aSweep({ candidates: aSweep().candidates.map((each) => ({ ...each, throughput: 100 })) })));
  expect(sweeps.scenarios.map(({ scenario, runs }) => [scenario, ...runs.map(({ label, ratio }) => [label, ratio])])).toEqual([
    ['default settings', ['s', 1], ['t', 100 / 415]], ['best settings', ['s', 1], ['t', 100 / 510]],
  ]);
  const { scenarios } = await compared(file('o.json', { schemaVersion: 1, exitCode: 0, instances: [anOptimization(), anOptimization()] }));
  expect(scenarios.map(({ scenario, runs }) => [scenario, ...runs.map(({ label }) => label)])).toEqual([['original', 'o (o) 1', 'o (o) 2'], ['optimized', 'o (o) 1', 'o (o) 2']]);
});

describe('what cannot be compared is one sentence', () => {
  const a = () => file('a.json', aBenchmark());
  test.each<[string, () => string[], RegExp]>([
    ['no file', () => ['/no/such.json'], /^\/no\/such\.json cannot be read \(ENOENT\)/],
    ['no JSON', () => [file('x.json', 'x')], /x\.json is no JSON: give a file that graviton-tf benchmark --out wrote\.$/],
    ['another document', () => [file('x.json', { kind: 'comparison' })], /x\.json is of kind "comparison": give results of kind benchmark, sweep or optimization\.$/],
    ['no kind', () => [file('x.json', {})], /x\.json is of kind none: /],
    ['a newer result', () => [file('x.json', { ...aBenchmark(), schemaVersion: 2 })], /x\.json cannot be used: its schemaVersion is 2/],
    ['two kinds', () => [a(), file('s.json', aSweep())], /a\.json is of kind benchmark and \S+s\.json of kind sweep: compare takes results of one kind\.$/],
    ['prices without a source', () => [a(), '--prices', file('p.json', { ...prices, source: undefined })], /p\.json has no source: a price needs its source and date/],
    ['prices without a date', () => [a(), '--prices', file('p.json', { ...prices, date: undefined })], /p\.json has no date: a price needs its source and date/],
    ['a date that is none', () => [a(), '--prices', file('p.json', { ...prices, date: 'now' })], /p\.json cannot be used: date is wrong \(not a date such as 2026-11-01\)/],
    ['a price of nothing', () => [a(), '--prices', file('p.json', { ...prices, hourly: { 'c7g.xlarge': 0 } })], /p\.json cannot be used: hourly\.c7g\.xlarge is wrong/],
    ['prices that are no document', () => [a(), '--prices', file('p.json', '{"a": ')], /p\.json is neither JSON nor YAML/],
    ['a type without prices', () => [a(), '--instance-type', 'a=c7g.large'], /^--instance-type is for prices: it goes with --prices\.$/],
    ['a type that is none', () => [a(), '--prices', file('p.json', prices), '--instance-type', 'c7g.xlarge demo=large'], /^--instance-type is "c7g\.xlarge demo=large": give a label and a type/],
    ['a label that is none', () => [a(), '--prices', file('p.json', prices), '--instance-type', 'x=c7g.large'], /^--instance-type names "x", and the runs are "c7g\.xlarge demo"/],
  ])('%s', async (_, args, sentence) => {
    const message = await refused(...args());
    expect(message).toMatch(sentence);
    expect(message.split('\n')).toHaveLength(1);
  });
});
