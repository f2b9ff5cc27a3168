import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findPython, newest, oldest } from './python.mjs';
import { root, run } from './run.mjs';
import { fingerprint, isStamped, stamp } from './stamp.mjs';

export const title = 'the Python environment';

const folder = join(root, '.venv');
const stampFile = join(folder, '.graviton-tf');
/** Present while pip works: a virtual environment cannot be built aside, since its scripts hold its path. */
const unfinished = join(folder, '.graviton-tf-unfinished');

export const python = join(folder, 'bin/python');
export const requirements = join(root, 'setup/requirements.txt');

/** The environment's Python version without running it, or undefined where it has none that is there. */
export function version() {
  try {
    // Follows the link: a Python that was uninstalled leaves a dangling one.
    if (!existsSync(python)) return undefined;
    return /^version(?:_info)? *= *(\d+\.\d+\.\d+)/m.exec(readFileSync(join(folder, 'pyvenv.cfg'), 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}

function expected() {
  return fingerprint(readFileSync(requirements), version() ?? '');
}

export function isWarm() {
  return version() !== undefined && isStamped(stampFile, expected());
}

function usable() {
  const [major, minor] = (version() ?? '0.0').split('.').map(Number);
  return !existsSync(unfinished) && major === 3 && minor >= oldest && minor <= newest && existsSync(join(folder, 'bin/pip'));
}

export async function build() {
  if (!usable()) {
    const found = findPython();
    rmSync(folder, { recursive: true, force: true });
    await run('python -m venv', found.executable, ['-I', '-m', 'venv', folder]);
  }
  writeFileSync(unfinished, '');
  await run('pip install', python, ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '-r', requirements]);
  stamp(stampFile, expected());
  rmSync(unfinished);
}
