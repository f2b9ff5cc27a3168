import { cpSync, existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Workspace } from '../../rehearsal/workspace';
import { run } from './command';
import type { Docker } from './docker';
import type { Architecture } from './machine-image';

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
  await run(['cp', '-r', '--reflink=auto', await installed(workspace, architecture, distribution), join(context, 'tensorflow')]);
  const name = `graviton-tf-model-server:${architecture}-${distribution.replace(/.*==/, '')}`;
  await docker.run('build', '--quiet', '--platform', `linux/${architecture}`, '--build-arg', `BASE=${base}`, '--tag', name, context);
  rmSync(context, { recursive: true });
  return name;
}

/** TensorFlow and the model server's libraries for Python 3.11, Debian 12's, whichever Python this machine has. */
async function installed(workspace: Workspace, architecture: Architecture, distribution: string): Promise<string> {
  const { project } = workspace;
  const folder = project.path('.cache/system', `${distribution}-${architecture}`);
  if (existsSync(folder)) return folder;
  const aside = `${folder}.partial`;
  rmSync(aside, { recursive: true, force: true });
  await run([
    project.python, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-compile', '--target', aside, '--only-binary', ':all:', '--python-version', '3.11',
    ...platforms[architecture].flatMap((platform) => ['--platform', platform]), '--requirement', project.path('userdata/wheel/requirements.in'), distribution,
  ]);
  renameSync(aside, folder);
  return folder;
}
