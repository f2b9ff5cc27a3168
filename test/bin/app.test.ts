import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { folderWith, savedModel } from '../support/saved-models';

const ROOT = path.join(__dirname, '..', '..');

/** Runs the app as the CDK CLI does; a start takes seconds, so each test does it once. */
async function runApp(context: { [key: string]: unknown }) {
  const outdir = folderWith([]);
  const env = { ...process.env, CDK_VALIDATION: 'false', CDK_OUTDIR: outdir, CDK_CONTEXT_JSON: JSON.stringify(context), CDK_DEBUG: '' };
  const app = await new Promise<{ status: number; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, ['--import', 'tsx', 'bin/app.ts'], { cwd: ROOT, env }, (error, stdout, stderr) => resolve({ status: error ? Number(error.code) : 0, stdout, stderr }));
  });
  return { ...app, outdir };
}

test('the app writes the stack that its context asks for', async () => {
  const { status, stdout, outdir } = await runApp({ model: savedModel(), stackName: 'Tf', instanceType: 'm8g.large', serving: '{"restPort":9501}' });
  const template = JSON.parse(readFileSync(path.join(outdir, 'Tf.template.json'), 'utf8'));

  expect([status, stdout]).toEqual([0, '']);
  expect(JSON.stringify(template)).toContain('"InstanceType":"m8g.large"');
  expect(template.Outputs.Endpoint.Value).toBe('http://localhost:9501/v1/models/model:predict');
}, 60_000);

test('a mistake is one line, without a stack trace', async () => {
  const { status, stdout, stderr } = await runApp({ model: savedModel(), instanceType: 'c5.xlarge' });

  expect([status, stdout]).toEqual([1, '']);
  expect(stderr).toBe('Error: context key "instanceType": got "c5.xlarge", which is not Graviton; allowed are Graviton types, such as "c7g.xlarge" with the same vCPUs.\n');
}, 60_000);
