import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Package } from '../diagnose/packaged';
import { repository } from '../run-cli';
import { aBenchmark, aScenario, aSweep, anOptimization } from '../tuning/reports';
import { ScriptedPython } from '../tuning/scripted-python';

jest.setTimeout(60_000);

let installed: Package;
let python: ScriptedPython;
beforeAll(() => {
  installed = new Package();
  python = new ScriptedPython();
});
afterAll(() => {
  installed.remove();
  python.remove();
});

/** The page that the installed command line writes of a report. */
async function pageOf(report: object, ...args: string[]): Promise<string> {
  python.says([{ event: 'report', report }]);
  const page = join(installed.folder, 'page.html');
  const { stderr } = await installed.start([...args, '--python', python.path, '--model', python.folder, '--html', page]).ended;
  expect(stderr).toContain(`The page is in ${page}.`);
  return readFileSync(page, 'utf8');
}

const optimization = (report: object) => pageOf(report, 'optimize', '--dry-run');
const benchmark = (report: object) => pageOf(report, 'benchmark');
const sweep = (report: object) => pageOf(report, 'benchmark', '--sweep');

test('an optimization has its kernels\' time before and after', async () => {
  const html = await optimization(anOptimization());
  expect(html).toContain('aria-label="Milliseconds before and after, by primitive and implementation; the largest is convolution gemm:ref. The tables hold the numbers."');
  expect(html).toMatch(/>before<\/text>[^]*>after<\/text>/);
});

test('a benchmark has its latencies and its throughput over time, and says INVALID before any figure', async () => {
  const html = await benchmark(aBenchmark());
  expect(html.match(/<figure role="img"/g)).toHaveLength(2);
  expect(html).toContain('aria-label="Share of samples answered within a time, for SingleStream (p50 1.8 ms, p99 2.5 ms) and Offline (p50 1.8 ms, p99 2.5 ms)."');
  expect(html).toMatch(/<path [^>]*stroke="var\(--series-1\)"/);
  const invalid = html.indexOf('Offline is INVALID by LoadGen&#39;s rules');
  expect(invalid).toBeGreaterThan(0);
  expect(invalid).toBeLessThan(html.indexOf('<table'));
  expect(html).toContain('<li>Min duration not satisfied: 10.2 s of 600 s, shortened by --time 10.</li>');
  expect(html).toContain('@media print');
  expect(html).toContain('prefers-color-scheme: dark');
});

test('a sweep marks the best and the default among its candidates', async () => {
  const html = await sweep(aSweep());
  expect(html).toMatch(/<path [^>]*fill="var\(--good\)"/);
  expect(html).toMatch(/>best<\/text>[^]*>default<\/text>[^]*>others<\/text>/);
  expect(html).toContain('<pre>serving: { processes: 2 },</pre>');
});

test('whatever a report holds is text, and nothing is fetched', async () => {
  const evil = '" onerror="alert(2)"><script>alert(1)</script><img src=x>';
  const pages = [
    await optimization(anOptimization({ outcome: evil, reason: evil, model: { path: evil, signatures: [{ name: evil, inputs: [] }] }, passes: [{ name: evil, note: evil }] })),
    await benchmark(aBenchmark({ label: evil, environment: { [evil]: evil }, scenarios: [aScenario({ scenario: evil, valid: false, why: [evil] })] })),
    await sweep(aSweep({ recommendation: { servingOptions: { [evil]: 1 }, typescript: evil, context: evil, text: evil }, applied: { outcome: evil, reason: evil } })),
  ];
  // A plot's lines are clipped by a shape of the same page.
  for (const html of pages) {
    expect(html).not.toMatch(/<script|<img|<link|<iframe|@import|url\((?!#)/i);
    expect(html).not.toContain('" onerror');
  }
});

test('the package brings what these commands read and run', () => {
  const { stdout } = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: repository, encoding: 'utf8' });
  const [{ files }] = JSON.parse(stdout) as ReadonlyArray<{ readonly files: ReadonlyArray<{ readonly path: string }> }>;
  const paths = new Set(files.map(({ path }) => path));
  for (const path of ['cli/page/page.eta', 'cli/page/page.css', 'cli/page/head.eta', 'cli/diagnose/page/report.eta', 'tuning/optimize/__main__.py', 'tuning/benchmark/__main__.py', 'tuning/sweep/__main__.py', 'runbooks/mlperf/document.yaml', 'userdata/wheel/model_server/__main__.py']) {
    expect(paths).toContain(path);
  }
});
