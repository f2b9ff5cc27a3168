import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Workspace } from '../../rehearsal/workspace';
import { run } from './command';
import type { Docker } from './docker';
import { kept } from './kept';

/** As Debian and Docker name them. */
export type Architecture = 'amd64' | 'arm64';

const here = join(__dirname, 'machine-image');

/**
 * The root file system of an instance as Docker's image; built once for each content of the folder, since it takes
 * minutes.
 */
export async function baseImage(workspace: Workspace, docker: Docker, architecture: Architecture): Promise<string> {
  const hash = createHash('sha256');
  for (const name of readdirSync(here).sort()) hash.update(`${name}\0`).update(readFileSync(join(here, name)));
  const file = kept(`root-${architecture}-${hash.digest('hex').slice(0, 12)}.tar`);
  if (!existsSync(file)) await run([join(here, 'build.sh'), architecture, file]);
  const name = `graviton-tf-base:${architecture}`;
  // `docker import` would say amd64 of any.
  const build = workspace.directory(`base-${architecture}`);
  await run(['cp', '--reflink=auto', file, join(build, 'root.tar')]);
  await docker.run('build', '--quiet', '--platform', `linux/${architecture}`, '--tag', name, '--file', join(here, 'Dockerfile'), build);
  await run(['rm', join(build, 'root.tar')]);
  return name;
}
