import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseBenchmark } from '../../../cli/reports/benchmark';
import { parseOptimization } from '../../../cli/reports/optimization';
import { Project } from '../../../rehearsal/project';
import { runCli, startCli } from '../run-cli';

// Several processes import TensorFlow one after the other: seconds each where the machine is idle.
jest.setTimeout(400_000);

let folder: string;
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'graviton-tf-real-')); });
afterAll(() => rmSync(folder, { recursive: true }));

const model = Project.find().demoModel;

test('a real model is optimized here, and published if it is not slower', async () => {
  const output = join(folder, 'optimized');
  // The machine may be busy: however slow it looks, it is published.
  const { code, stdout, stderr } = await runCli(['optimize', '--model', model, '--output', output, '--time', '3', '--pairs', '1', '--requests', '2', '--least-speedup', '0', '--json']);
  const report = parseOptimization(stdout);
  if (typeof report === 'string') throw new Error(`${report}: ${stderr}`);
  expect(report).toMatchObject({ exitCode: code, outcome: 'published', accuracy: { passed: true }, published: { version: 2 } });
  expect(report.after?.nodes).toBeLessThan(report.before?.nodes as number);
  expect(existsSync(join(output, '2/saved_model.pb'))).toBe(true);
});

test('a real model is benchmarked by LoadGen, and its result compared', async () => {
  const out = join(folder, 'result.json');
  const { code, stdout, stderr } = await runCli(['benchmark', '--model', model, '--scenario', 'SingleStream', '--time', '2', '--label', 'here', '--out', out, '--json']);
  const report = parseBenchmark(stdout);
  if (typeof report === 'string') throw new Error(`${report}: ${stderr}`);
  expect({ code, scenarios: report.scenarios.map(({ scenario, valid }) => [scenario, valid]) }).toEqual({ code: 0, scenarios: [['SingleStream', false]] });
  expect(report.scenarios[0].why[0]).toContain('Min duration not satisfied');
  expect((await runCli(['compare', out, out])).stdout).toMatch(/here \(result\) 2 +[\d.,]+ +1\.00 ×.*INVALID/);
});

test('a real sweep that is interrupted leaves no server', async () => {
  const before = new Set(servers());
  const { child, ended } = startCli(['benchmark', '--model', model, '--sweep', '--time', '600'], { TMPDIR: folder });
  while (child.exitCode === null && !servers().some((pid) => !before.has(pid))) await sleep(200);
  child.kill('SIGINT');
  const { code, stderr } = await ended;
  expect(stderr).toContain('■ Interrupted: the sweep was ended, and its servers with it.');
  expect(code).toBe(130);
  expect(servers().filter((pid) => !before.has(pid))).toEqual([]);
  expect(readdirSync(folder).filter((name) => name.startsWith('graviton-tf-'))).toEqual([]);
});

/** Processes of the wheel's model server that serve a sweep of ours. */
function servers(): string[] {
  const { stdout } = spawnSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' });
  return stdout.split('\n').filter((line) => line.includes('model_server') && line.includes(folder)).map((line) => line.trim().split(' ')[0]);
}
