import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Report } from '../../../cli/diagnose/report';
import { Package } from './packaged';
import { aReport } from './reports';

jest.setTimeout(60_000);

let installed: Package;
beforeAll(() => { installed = new Package(); });
afterAll(() => installed.remove());

const report = `cat <<'END'\n${JSON.stringify(aReport())}\nEND`;

/** Whether a process still runs: one that nobody has waited for yet does not. */
function runs(pid: string): boolean {
  return existsSync(`/proc/${pid}/status`) && !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
}

/** What a diagnosis leaves in the folder for temporary files. */
const left = () => readdirSync(installed.folder).filter((name) => name.startsWith('graviton-tf-'));

test('runs the document here, step by step, with its defaults, and shows the report of FullReport', async () => {
  installed.runbook({ Prepare: 'echo "$SSM_BatchSize $SSM_KernelFloor"', FullReport: report, CleanUp: 'true' });
  const { code, stdout, stderr } = await installed.start(['diagnose', '--local', '--json', '--batch', '8']).ended;
  expect(stderr).toMatch(/Prepare Success[^]*FullReport Success[^]*CleanUp Success/);
  expect({ code, report: JSON.parse(stdout) as unknown }).toEqual({ code: 1, report: aReport() });
  expect(left()).toEqual([]);
});

test('gives the steps the parameters, and the catalogue as their defaults', async () => {
  installed.runbook({ FullReport: `echo "$SSM_BatchSize,$SSM_KernelFloor,\${SSM_EndOfPatch%%=*}" >${installed.folder}/seen\n${report}` });
  await installed.start(['diagnose', '--local', '--batch', '8']).ended;
  expect(readFileSync(join(installed.folder, 'seen'), 'utf8')).toBe('8,5.10,tensorflow-inference-graviton:2.9.1-cpu-py38-ubuntu20.04-ec2\n');
});

test.each<[string, Record<string, string>, readonly string[], RegExp]>([
  ['a step that fails', { Prepare: 'echo "python3 is 3.6: install Python 3.7." >&2; exit 1', CleanUp: 'true' }, [], /✖ Step Prepare ended as Failed: python3 is 3\.6: install Python 3\.7\.\n/],
  ['a report that is none', { FullReport: 'echo "{}"' }, [], /✖ The diagnosis ended as Success, and its report cannot be used: its schemaVersion is undefined/],
  ['what the document does not allow', { FullReport: report }, ['--server', 'a;b'], /✖ The diagnosis could not be started: .*Server.*\n$/],
])('%s is one sentence', async (_, scripts, args, sentence) => {
  installed.runbook(scripts);
  const { code, stdout, stderr } = await installed.start(['diagnose', '--local', ...args]).ended;
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(sentence);
  expect(left()).toEqual([]);
});

test.each(['SIGINT', 'SIGTERM'] as const)('%s cancels it and waits until what it started has ended', async (signal) => {
  const pid = join(installed.folder, `pid-${signal}`);
  installed.runbook({ Shadow: `echo $$ >${pid}\nsleep 300`, FullReport: report });
  const { child, ended } = installed.start(['diagnose', '--local']);
  while (!existsSync(pid) || !readFileSync(pid, 'utf8').trim()) await sleep(50);
  // Ctrl-C reaches the whole group.
  process.kill(signal === 'SIGINT' ? -(child.pid as number) : child.pid as number, signal);
  const { code, stdout, stderr } = await ended;
  expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
  expect(stderr).toContain('■ Interrupted: the diagnosis was cancelled, and what it had started was ended.');
  expect(runs(readFileSync(pid, 'utf8').trim())).toBe(false);
  expect(left()).toEqual([]);
});

describe('the bundle', () => {
  test('loads neither SDK nor chart nor CDK before a command needs them', () => {
    const loaded = [...installed.loadedAtStart()];
    expect(loaded.length).toBeGreaterThan(10);
    expect(loaded.filter((path) => /@aws-sdk|@smithy|echarts|zrender|listr2|aws-cdk-lib|node_modules\/eta/.test(path))).toEqual([]);
  });

  test('holds of aws-cdk-lib the facts of the regions only', () => {
    const bundled = Object.keys(installed.metafile.inputs).filter((path) => path.includes('aws-cdk-lib/'));
    expect(bundled.filter((path) => !/aws-cdk-lib\/(region-info\/|\.warnings\.jsii\.js$)/.test(path))).toEqual([]);
    expect(bundled.length).toBeGreaterThan(0);
  });

  test('judges a log, also one whose name begins with a dash', async () => {
    writeFileSync(join(installed.folder, '-x.log'), 'oneDNN custom operations are on\n');
    const { code, stdout } = await installed.start(['diagnose', '--json', '--log=-x.log']).ended;
    expect({ code, evidence: (JSON.parse(stdout) as Report).evidence }).toMatchObject({ code: 2, evidence: { kind: 'log', lines: 1 } });
  });

  test('writes the page', async () => {
    installed.runbook({ FullReport: report });
    const page = join(installed.folder, 'page.html');
    expect((await installed.start(['diagnose', '--local', '--html', page]).ended).code).toBe(1);
    expect(readFileSync(page, 'utf8')).toContain('<figure role="img"');
  });
});
