import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { median, type Figure } from './figures';

const ROOT = path.join(__dirname, '..');

/**
 * Time to synthesize the app against an empty CDK app, with the same runner, context and flags, each
 * with all its policies on: `cold` without the runner's cache of transpiled files, `warm` with it.
 * The two take turns, so that a slow minute of the machine hits both.
 */
export function synth(pairs = 5): Figure[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'synth-'));
  try {
    const model = path.join(folder, 'model', '1');
    mkdirSync(model, { recursive: true });
    writeFileSync(path.join(model, 'saved_model.pb'), 'a model');
    const { context } = JSON.parse(readFileSync(path.join(ROOT, 'cdk.json'), 'utf8'));
    const seconds: Record<string, number[]> = { 'cold app': [], 'cold empty': [], 'warm app': [], 'warm empty': [] };
    for (let pair = 0; pair < pairs; pair += 1) {
      const caches = path.join(folder, `caches${pair}`);
      mkdirSync(caches);
      for (const temperature of ['cold', 'warm']) {
        for (const [name, script] of [['empty', 'bench/empty-app.ts'], ['app', 'bin/app.ts']]) {
          seconds[`${temperature} ${name}`].push(run(script, path.join(caches, name), { ...context, model: path.dirname(model) }));
        }
      }
    }
    return ['cold', 'warm'].map((temperature): Figure => {
      const app = seconds[`${temperature} app`];
      const empty = seconds[`${temperature} empty`];
      return {
        name: `synth, ${temperature}: the app over an empty CDK app`,
        value: Number(median(app.map((value, pair) => value / empty[pair])).toFixed(2)), unit: '×', goal: { most: 1.3 },
        details: { app: app.map(round), empty: empty.map(round) },
      };
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Seconds of one synthesis in a process of its own. tsx keeps its cache in the temporary folder. */
function run(script: string, temporary: string, context: unknown): number {
  mkdirSync(temporary, { recursive: true });
  const began = process.hrtime.bigint();
  const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', script], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, CDK_VALIDATION: 'true', TMPDIR: temporary, CDK_OUTDIR: path.join(temporary, 'cdk.out'), CDK_CONTEXT_JSON: JSON.stringify(context) },
  });
  if (status !== 0) {
    throw new Error(`${script} ended with status ${status}:\n${stderr}`);
  }
  return Number(process.hrtime.bigint() - began) / 1e9;
}

function round(value: number): number {
  return Number(value.toFixed(2));
}
