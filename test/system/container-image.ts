import { createHash } from 'node:crypto';
import { cpSync, existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Workspace } from '../../rehearsal/workspace';
import { run } from './command';
import type { Docker } from './docker';
import { kept } from './kept';
import type { Architecture } from './machine-image';
import { trustAsHere } from './trust';

const here = join(__dirname, 'container-image');

/** What PyPI calls the machines, oldest name first. */
const platforms: Record<Architecture, readonly string[]> = {
  amd64: ['manylinux2014_x86_64', 'manylinux_2_17_x86_64', 'manylinux_2_28_x86_64'],
  arm64: ['manylinux2014_aarch64', 'manylinux_2_17_aarch64', 'manylinux_2_28_aarch64'],
};

/**
 * An image with the Deep Learning Container's contract around TensorFlow's own wheel, by this name.
 *
 * @param distribution of PyPI, such as `tensorflow-cpu-aws==2.14.1`
 */
export async function buildContainerImage(workspace: Workspace, docker: Docker, base: string, architecture: Architecture, distribution: string): Promise<string> {
  const context = workspace.directory(`image-${architecture}-${distribution}`);
  cpSync(here, context, { recursive: true });
  cpSync(workspace.project.path('userdata/wheel/model_server'), join(context, 'model_server'), { recursive: true });
  await run(['cp', '-r', '--reflink=auto', await installed(workspace, architecture, [workspace.project.path('userdata/wheel/requirements.in'), distribution]), join(context, 'tensorflow')]);
  const name = `graviton-tf-model-server:${architecture}-${distribution.replace(/.*==/, '')}`;
  await docker.run('build', '--quiet', '--platform', `linux/${architecture}`, '--build-arg', `BASE=${base}`, '--tag', name, context);
  rmSync(context, { recursive: true });
  return name;
}

/** An image as Arm's on Docker Hub is. */
export async function buildDockerHubImage(workspace: Workspace, docker: Docker, base: string, distribution: string): Promise<string> {
  const context = workspace.directory(`image-docker-hub-${distribution}`);
  cpSync(join(__dirname, 'docker-hub'), context, { recursive: true });
  trustAsHere(join(context, 'root'));
  await run(['cp', '-r', '--reflink=auto', await installed(workspace, 'amd64', [distribution]), join(context, 'tensorflow')]);
  const name = `graviton-tf-docker-hub:${distribution.replace(/.*==/, '')}`;
  await docker.run('build', '--quiet', '--build-arg', `BASE=${base}`, '--tag', name, context);
  rmSync(context, { recursive: true });
  return name;
}

/** What pip makes of it for Python 3.11, Debian 12's, whichever Python this machine has. */
async function installed(workspace: Workspace, architecture: Architecture, requirements: readonly string[]): Promise<string> {
  const { project } = workspace;
  const hash = createHash('sha256').update(JSON.stringify(requirements.map((each) => (existsSync(each) ? readFileSync(each, 'utf8') : each))));
  const folder = kept(`python-${architecture}-${hash.digest('hex').slice(0, 12)}`);
  if (existsSync(folder)) return folder;
  const aside = `${folder}.partial`;
  rmSync(aside, { recursive: true, force: true });
  await run([
    project.python, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-compile', '--target', aside, '--only-binary', ':all:', '--python-version', '3.11',
    ...platforms[architecture].flatMap((platform) => ['--platform', platform]),
    ...requirements.flatMap((each) => (each.endsWith('.in') ? ['--requirement', each] : [each])),
  ]);
  // A quarter of it, which nothing here reads, and which would be compressed and unpacked at each boot.
  for (const part of ['tensorflow/include', 'clang']) rmSync(join(aside, part), { recursive: true, force: true });
  // The servers cannot write their byte code, and to make it anew takes a minute under qemu. Another Python's has other names.
  await run([project.python, '-m', 'compileall', '-q', '-j', '0', '--invalidation-mode', 'unchecked-hash', aside]).catch(() => { /* some packages bring templates that are no Python */ });
  renameSync(aside, folder);
  return folder;
}
