import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cache, root, run, Stop } from './run.mjs';
import { fingerprint, isStamped, stamp } from './stamp.mjs';
import { python, version } from './venv.mjs';

export const title = 'TensorFlow Java and the TensorFlow that it is compared with';

const folder = join(cache, 'java');
const stampFile = join(folder, '.graviton-tf');
const runbook = join(root, 'runbooks/build-java');
const demoModel = join(root, 'setup/demo-model.txt');
const tables = () => ['releases.txt', 'pom.xml', 'settings.xml', 'build.sh', 'document.yaml'].map((name) => readFileSync(join(runbook, name), 'utf8'));

function expected() {
  return fingerprint(...tables(), readFileSync(demoModel), version() ?? '', process.arch);
}

export function isWarm() {
  return isStamped(stampFile, expected());
}

/** `maven`, a repository with what Maven itself needs, and `wheels`: from these the runbook's test downloads nothing. */
export async function build() {
  const missing = ['mvn', 'javac'].filter((tool) => spawnSync(tool, ['-version'], { stdio: 'ignore' }).error);
  if (missing.length) throw new Stop(`TensorFlow Java is tested with Maven and a JDK from 11 to 17, and ${missing.join(' and ')} cannot be run here: apt-get install maven openjdk-17-jdk-headless.`);
  const [releases, , , build, document] = tables();
  const release = /^ {2}Release:\n(?: {4}.*\n)*? {4}default: (\S+)$/m.exec(document)[1];
  const repository = /^ {2}MavenRepository:\n(?: {4}.*\n)*? {4}default: (\S+)$/m.exec(document)[1];
  const tensorflow = new RegExp(`^release ${release.replaceAll('.', '\\.')} (\\S+) `, 'm').exec(releases)[1];
  const plugin = /^readonly DEPENDENCY_PLUGIN=(\S+)$/m.exec(build)[1];
  const arm = process.arch === 'arm64';
  const aside = `${folder}.partial`;
  rmSync(aside, { recursive: true, force: true });
  mkdirSync(join(aside, 'wheels'), { recursive: true });
  await run('mvn', 'mvn', ['--batch-mode', '--no-transfer-progress', '--settings', join(runbook, 'settings.xml'), `-Dmaven.repo.local=${join(aside, 'maven')}`,
    '--file', join(runbook, 'pom.xml'), `-Dtensorflow.release=${release}`, `-Dtensorflow.platform=${arm ? 'linux-arm64' : 'linux-x86_64'}`, `-DoutputDirectory=${join(aside, 'copied')}`,
    '-Dmdep.useRepositoryLayout=true', '-Dmdep.copyPom=true', '-Dmdep.addParentPoms=true', `${plugin}:copy-dependencies`], { env: { ...process.env, MAVEN_REPOSITORY: repository } });
  rmSync(join(aside, 'copied'), { recursive: true, force: true });
  const download = ['-m', 'pip', 'download', '--disable-pip-version-check', '--no-input', '--dest', join(aside, 'wheels')];
  await run('pip download', python, [...download, '--only-binary=:all:', `tensorflow${arm ? '' : '-cpu'}==${tensorflow}`]);
  await run('pip download', python, [...download, '--no-deps', '--require-hashes', '--ignore-requires-python', '-r', demoModel]);
  stamp(join(aside, '.graviton-tf'), expected());
  rmSync(folder, { recursive: true, force: true });
  renameSync(aside, folder);
}
