import { readFileSync } from 'node:fs';
import { first, online, operate, second, succeeded, type ScriptedSsm } from '../diagnose/scripted-ssm';
import { aBenchmark, aSweep } from '../tuning/reports';
import { ScriptedPython } from '../tuning/scripted-python';

jest.setTimeout(60_000);

const reporting = (word: string, ...reports: readonly object[]): ScriptedSsm => ({
  documents: [{ Name: 'Runbook', Tags: [{ Key: 'graviton-tensorflow:runbook', Value: word }, { Key: 'graviton-tensorflow:results', Value: 'results' }] }],
  instances: reports.map((_, i) => online([first, second][i])),
  looks: Object.fromEntries(reports.map((_, i) => [[first, second][i], [succeeded]])),
  outputs: Object.fromEntries(reports.map((report, i) => [[first, second][i], { Report: { stdout: JSON.stringify(report) } }])),
});

const sent = (calls: ReadonlyArray<{ readonly operation: string; readonly parameters: object }>) => calls.find(({ operation }) => operation === 'SendCommand')?.parameters;

test('a server is benchmarked by the right-sizing runbook', async () => {
  const { code, stdout, calls } = await operate(reporting('right-size', aBenchmark()), 'benchmark', '--stack', 'Server', '--scenario', 'Server', 'Offline', '--time', '30', '--qps', '9', '--latency', '40', '--path', 'grpc');
  expect(sent(calls)).toMatchObject({ Comment: 'graviton-tf benchmark', OutputS3KeyPrefix: 'right-size', Parameters: {
    Mode: ['benchmark'], Scenarios: ['Server,Offline'], Seconds: ['30'], Qps: ['9'], LatencyMilliseconds: ['40'], Path: ['grpc'],
  } });
  expect({ code, title: stdout.split('\n')[0] }).toEqual({ code: 0, title: '! c7g.xlarge demo: INVALID in Offline' });
});

test('a sweep is applied, or says why not', async () => {
  const rolledBack = aSweep({ exitCode: 1, applied: { outcome: 'rolled back', reason: 'it was slower than before', before: {}, after: {} } });
  const { code, stdout, calls } = await operate(reporting('right-size', rolledBack), 'benchmark', '--stack', 'Server', '--sweep', '--apply');
  expect(sent(calls)).toMatchObject({ Parameters: { Mode: ['sweep'], Apply: ['true'] } });
  expect(code).toBe(1);
  expect(stdout).toContain('! Rolled back: it was slower than before');
});

test('MLPerf\'s own workloads are its runbook\'s', async () => {
  const { calls } = await operate(reporting('mlperf', aBenchmark()), 'benchmark', '--stack', 'Server', '--workload', 'bert', '--count', '10', '--dataset', 's3://b/squad.json', '--parameter', 'Sources=https://mirror');
  expect(sent(calls)).toMatchObject({ OutputS3KeyPrefix: 'mlperf', Parameters: { Workload: ['bert'], Samples: ['10'], Dataset: ['s3://b/squad.json'], Sources: ['https://mirror'] } });
});

test('several instances have a row for each scenario, and all are kept', async () => {
  const folder = new ScriptedPython();
  const out = folder.file('out.json');
  const other = aBenchmark({ label: 'other' });
  const { stdout } = await operate(reporting('right-size', aBenchmark(), other), 'benchmark', '--stack', 'Server', '--out', out);
  expect(stdout).toMatch(new RegExp(`${first} +SingleStream +VALID +1\\.8 +2\\.5 +520\n +${first} +Offline +INVALID +1\\.8 +2\\.5 +800\n +${second} +SingleStream`));
  expect(JSON.parse(readFileSync(out, 'utf8'))).toEqual({ schemaVersion: 1, exitCode: 0, instances: [aBenchmark(), other] });
  folder.remove();
});
