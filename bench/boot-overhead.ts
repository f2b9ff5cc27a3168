import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { App, DefaultStackSynthesizer, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { median, type Figure } from './figures';
import { ModelSource, TensorFlowServer } from '../lib';
import { exportsOf, userDataOf } from '../test/support/user-data';

const ROOT = path.join(__dirname, '..');
const PULL_SECONDS = 10;
const MODEL_SECONDS = 8;

/**
 * What the boot scripts add to the waiting: the wall time of a whole boot whose pull takes 10 s and
 * whose model takes 8 s, less the longer of the two. All commands of an instance are stubs of fixed
 * length, so that the scripts are what is measured.
 */
export function bootOverhead(runs = 3): Figure {
  const folder = mkdtempSync(path.join(tmpdir(), 'boot-overhead-'));
  try {
    const userData = synthesize(folder);
    const seconds = Array.from({ length: runs }, (_, run) => boot(folder, userData, run));
    return {
      name: 'boot: overhead over the longer of pull (10 s) and model (8 s)',
      value: Number((median(seconds) - Math.max(PULL_SECONDS, MODEL_SECONDS)).toFixed(2)), unit: 's', goal: { most: 1.5 },
      details: { boots: seconds },
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The policies judge the app's stacks, not this one. */
function withoutPolicies<T>(work: () => T): T {
  process.env.CDK_VALIDATION = 'false';
  try {
    return work();
  } finally {
    delete process.env.CDK_VALIDATION;
  }
}

/** The user data of a default server; its assets lie zipped by their keys in `folder`/assets. */
function synthesize(folder: string): string {
  const model = path.join(folder, 'model', '1');
  mkdirSync(model, { recursive: true });
  writeFileSync(path.join(model, 'saved_model.pb'), 'a model');
  const app = new App({ outdir: path.join(folder, 'out'), analyticsReporting: false });
  const stack = new Stack(app, 'Bench', { env: { account: '111122223333', region: 'us-west-2' }, synthesizer: new DefaultStackSynthesizer() });
  const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-0123456789abcdef0', availabilityZones: ['us-west-2a'], privateSubnetIds: ['subnet-0123456789abcdef0'] });
  new TensorFlowServer(stack, 'Server', { vpc, model: ModelSource.fromAsset(path.dirname(model)) });
  const template = withoutPolicies(() => Template.fromStack(stack));
  const assets = path.join(folder, 'assets');
  mkdirSync(assets);
  for (const name of readdirSync(app.outdir).filter((entry) => /^asset\.[0-9a-f]{64}$/.test(entry))) {
    const tree = path.join(app.outdir, name);
    execFileSync('python3', ['-m', 'zipfile', '-c', path.join(assets, `${name.slice(6)}.zip`), ...readdirSync(tree).map((entry) => path.join(tree, entry))]);
  }
  return userDataOf(template);
}

function boot(folder: string, userData: string, run: number): number {
  const root = path.join(folder, `root${run}`);
  const script = path.join(folder, 'user-data');
  mkdirSync(root);
  writeFileSync(script, userData, { mode: 0o755 });
  const began = process.hrtime.bigint();
  const { status, stdout } = spawnSync(script, {
    encoding: 'utf8',
    env: {
      PATH: `${path.join(ROOT, 'bench', 'boot-stubs')}:${process.env.PATH}`, HOME: root, GTF_ROOT: root, GTF_LISTEN_ADDRESS: '127.0.0.1',
      ASSETS: path.join(folder, 'assets'), MODEL_KEY: exportsOf(userData).GTF_MODEL_KEY, PULL_SECONDS: String(PULL_SECONDS), MODEL_SECONDS: String(MODEL_SECONDS),
    },
  });
  if (status !== 0) {
    throw new Error(`the boot ended with status ${status}:\n${stdout}`);
  }
  return Number(process.hrtime.bigint() - began) / 1e9;
}
