import { execFileSync } from 'node:child_process';
import * as path from 'node:path';
import { median, type Figure } from './figures';

const ROOT = path.join(__dirname, '..');

/** A whole diagnosis of a server that runs on this machine, by the operator's command line: see diagnosis.py. */
export function diagnosis(): Figure {
  const commandLine = [process.execPath, '--import', 'tsx', path.join(ROOT, 'bin/graviton-tf.ts')];
  const printed = execFileSync(path.join(ROOT, '.venv/bin/python'), [path.join(__dirname, 'diagnosis.py'), ...commandLine], {
    cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { seconds, summary } = JSON.parse(printed) as { seconds: number[]; summary: object };
  return {
    name: 'diagnosis: a running local server, from start to report', value: Number(median(seconds).toFixed(1)), unit: 's', goal: { most: 30 },
    details: { seconds, summary },
  };
}
