import { spawnSync } from 'node:child_process';
import * as path from 'node:path';

const ROOT = path.join(__dirname, '..');

/** Runs Python of the project's environment with `tuning` and the model server importable, and gives what it printed. */
export function python(command: readonly string[], allowed: readonly number[] = [0]): string {
  const { status, stdout, stderr } = spawnSync(path.join(ROOT, '.venv/bin/python'), command, {
    cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 28, env: { ...process.env, PYTHONPATH: [ROOT, path.join(ROOT, 'userdata/wheel')].join(path.delimiter) },
  });
  if (!allowed.includes(status ?? -1)) throw new Error(`${command.join(' ')} ended with status ${status}: ${(stdout + stderr).slice(-2000)}`);
  return stdout;
}
