import { first, online, operate, second, succeeded, type ScriptedSsm } from '../diagnose/scripted-ssm';
import { anOptimization } from '../tuning/reports';

jest.setTimeout(60_000);

const runbook = { Name: 'Server-Optimize-1', Tags: [{ Key: 'graviton-tensorflow:runbook', Value: 'optimize' }, { Key: 'graviton-tensorflow:results', Value: 'results' }] };
const of = (instance: string, more: object = {}) => anOptimization({ machine: { instance, instanceType: 'c7g.xlarge' }, ...more });
const reporting = (reports: Readonly<Record<string, object>>): ScriptedSsm => ({
  documents: [runbook],
  instances: Object.keys(reports).map((id) => online(id)),
  looks: Object.fromEntries(Object.keys(reports).map((id) => [id, [succeeded]])),
  outputs: Object.fromEntries(Object.entries(reports).map(([id, report]) => [id, { Report: { stdout: JSON.stringify(report) } }])),
});

test('an instance gets the runbook with the parameters, and its report is shown', async () => {
  const { code, stdout, calls } = await operate(reporting({ [first]: of(first) }), 'optimize', '--stack', 'Server', '--dry-run', '--time', '30', '--parameter', 'PipIndexUrl=https://x/a=b', 'TensorFlowVersion=2.16.1');
  expect(code).toBe(0);
  expect(calls.find(({ operation }) => operation === 'ListDocuments')?.parameters).toMatchObject({ Filters: [{}, { Key: 'tag:graviton-tensorflow:runbook', Values: ['optimize'] }, {}] });
  expect(calls.find(({ operation }) => operation === 'SendCommand')?.parameters).toMatchObject({
    Comment: 'graviton-tf optimize', OutputS3KeyPrefix: 'optimize',
    Parameters: { Publish: ['false'], Seconds: ['30'], PipIndexUrl: ['https://x/a=b'], TensorFlowVersion: ['2.16.1'] },
  });
  expect(stdout).toContain(`✔ ${first} (c7g.xlarge): published as version 2, 1.43 × as fast`);
});

test('where its copy is, and the line that makes it the stack\'s model', async () => {
  const archive = `s3://results/optimize/11111111-2222-3333-4444-555555555555/${first}/model.tar.gz`;
  const copied = await operate(reporting({ [first]: of(first, { published: { version: 2, path: '/models/demo/2', archive } }) }), 'optimize', '--stack', 'Server');
  expect(copied.stdout).toMatch(new RegExp(`copy +${archive}\n[^]*unpack the copy beside the other versions[^]*\n *aws s3 cp ${archive} - \\| tar -xz -C MODEL_DIRECTORY\n`));
  const { stdout } = await operate(reporting({ [first]: of(first) }), 'optimize', '--stack', 'Server');
  expect(stdout).not.toMatch(/copy|aws s3/);
});

test('a report that was cut is read whole from its own prefix', async () => {
  const path = `/results/optimize/11111111-2222-3333-4444-555555555555/${first}/awsrunShellScript/FullReport/stdout`;
  const script = reporting({ [first]: of(first, { omitted: 3, passes: [] }) });
  const { stdout } = await operate({ ...script, objects: { [path]: { body: JSON.stringify(of(first)) } } }, 'optimize', '--stack', 'Server', '--json');
  expect(JSON.parse(stdout)).toEqual(of(first));
  const { stderr } = await operate(script, 'optimize', '--stack', 'Server', '--json');
  expect(stderr).toContain(`! ${first}: 3 entries of its lists are left out, since the whole report could not be read: the agent did not upload s3:/${path}`);
});

test('several instances have a row each, and are one document with --json', async () => {
  const kept = of(second, { exitCode: 1, outcome: 'kept', reason: 'Not published: it is slower.', speedup: { median: 0.9, throughput: 0.9, pairs: 5, batch: 1 } });
  const script = reporting({ [first]: of(first), [second]: kept });
  const { code, stdout } = await operate(script, 'optimize', '--stack', 'Server');
  expect(code).toBe(1);
  expect(stdout).toMatch(new RegExp(`· 2 instances[^]*${first} +published +1\\.43 × +1\\.40 ×[^]*${second} +kept +0\\.90 × +0\\.90 ×`));
  expect(stdout).not.toContain('Passes');
  const json = await operate(script, 'optimize', '--stack', 'Server', '--json');
  expect(JSON.parse(json.stdout)).toEqual({ schemaVersion: 1, exitCode: 1, instances: [of(first), kept] });
});

test('no such runbook is one sentence that names the construct', async () => {
  const { code, stderr } = await operate({ documents: [] }, 'optimize', '--instance', first);
  expect(code).toBe(2);
  expect(stderr).toContain('✖ No graph optimization runbook is in eu-west-1: check --region, deploy a stack with an OptimizeGraphRunbook, or name a document with --document.');
});
