import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root, run } from './run.mjs';

export const title = 'node modules';

/**
 * npm writes down what it has installed when it is through, so that file against the lock file tells whether
 * node_modules is whole and current, also after somebody's own `npm install`.
 */
export function isWarm() {
  let installed;
  try {
    installed = JSON.parse(readFileSync(join(root, 'node_modules/.package-lock.json'), 'utf8')).packages;
  } catch {
    return false;
  }
  const locked = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  return Object.entries(locked).every(([path, wanted]) => {
    if (path === '') return true;
    const found = installed[path];
    // Packages for other platforms are locked, and never installed.
    return found ? found.version === wanted.version && found.integrity === wanted.integrity : wanted.optional === true;
  });
}

export async function build() {
  // The npm beside this Node, not another on PATH; a system's Node may keep its npm elsewhere.
  const beside = join(dirname(process.execPath), 'npm');
  const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : [existsSync(beside) ? beside : 'npm'];
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  // Settings that npm hands to its scripts would override a nested npm's own.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_') || name.startsWith('npm_config_registry')));
  await run('npm ci', npm[0], [...npm.slice(1), ...args], { env });
}
