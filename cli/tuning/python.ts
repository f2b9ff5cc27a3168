import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../lib/package-root';
import { Project } from '../../rehearsal/project';
import { CannotTell } from '../cannot-tell';

const oldest = [3, 10] as const;

/** The Python that measures: the one that was given, else the checkout's, which has TensorFlow. */
export function tuningPython(given: string | undefined): string {
  const python = given ?? candidates().find((path) => existsSync(path));
  if (python === undefined) {
    throw new CannotTell('A Python with TensorFlow is needed, and no checkout of graviton-tensorflow with a .venv is here: give one with --python, or run node setup/prepare.mjs in a checkout and this command there.');
  }
  const { stdout, status, error } = spawnSync(python, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'], { encoding: 'utf8', timeout: 20_000 });
  const flag = given === undefined ? python : `--python ${given}`;
  if (error || status !== 0) throw new CannotTell(`${flag} cannot be run (${(error as NodeJS.ErrnoException | undefined)?.code ?? `it ended with status ${status}`}): give a Python ${oldest.join('.')} or later that has TensorFlow with --python.`);
  const [major, minor] = stdout.trim().split('.').map(Number);
  if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) throw new CannotTell(`${flag} is Python ${stdout.trim()}: give Python ${oldest.join('.')} or later with --python.`);
  return python;
}

function candidates(): string[] {
  const own = join(packageRoot(), '.venv/bin/python');
  try {
    return [Project.find().python, own];
  } catch (error) {
    if (!(error instanceof CannotTell)) throw error;
    return [own];
  }
}
