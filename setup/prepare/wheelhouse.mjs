import { mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cache, root, run, Stop } from './run.mjs';
import { fingerprint, isStamped, stamp } from './stamp.mjs';
import * as venv from './venv.mjs';

export const title = 'the wheels that the rehearsed instance installs';

const folder = join(cache, 'wheelhouse');
const stampFile = join(folder, '.graviton-tf');
const server = join(root, 'userdata/wheel/requirements.txt');

/** The line of our own pinned list that names TensorFlow for this machine: the wheel runtime's default version. */
function tensorflow() {
  const machine = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
  const line = readFileSync(venv.requirements, 'utf8').split('\n')
    .find((text) => /^tensorflow(-cpu)?==/.test(text) && text.includes(`platform_machine == '${machine}'`));
  if (!line) throw new Stop(`setup/requirements.txt pins no TensorFlow for ${machine}.`);
  return line.split(/\s*;/)[0];
}

/** The line that names the load generator, which the right-sizing runbook installs; for arm64 it has no wheel. */
function loadgen() {
  const line = readFileSync(venv.requirements, 'utf8').split('\n').find((text) => text.startsWith('mlcommons-loadgen=='));
  if (!line) throw new Stop('setup/requirements.txt pins no mlcommons-loadgen.');
  return line.split(/\s*;/)[0];
}

function expected() {
  return fingerprint(loadgen(), readFileSync(server), readFileSync(venv.requirements), venv.version() ?? '', process.arch);
}

export function isWarm() {
  return isStamped(stampFile, expected());
}

/** Wheels for the environment's own Python, whose first download pip has cached already. */
export async function build() {
  const aside = `${folder}.partial`;
  rmSync(aside, { recursive: true, force: true });
  mkdirSync(aside, { recursive: true });
  await run('pip download', venv.python, ['-m', 'pip', 'download', '--disable-pip-version-check', '--no-input', '--only-binary=:all:',
    '--dest', aside, '-r', server, '-c', venv.requirements, tensorflow()]);
  await run('pip wheel', venv.python, ['-m', 'pip', 'wheel', '--disable-pip-version-check', '--no-input', '--no-deps', '--wheel-dir', aside, loadgen()]);
  stamp(join(aside, '.graviton-tf'), expected());
  rmSync(folder, { recursive: true, force: true });
  renameSync(aside, folder);
}
