import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

jest.setTimeout(60_000);

const repository = join(__dirname, '../..');
let project: string;
let bin: string;

/**
 * A Python that is a shell script: it says what the test wants of itself, makes virtual environments that hold
 * itself, and writes down what its pip is asked.
 */
const fakePython = (version: string, lacks: readonly string[] = []) => `#!/bin/sh
say() { echo "$*" >>"$CALLS"; }
case "$*" in
  *import*importlib*) echo '{"executable": "'"$0"'", "major": ${version.split('.')[0]}, "minor": ${version.split('.')[1]}, "version": "${version}", "glibc": true, "lacks": ${JSON.stringify(lacks)}}' ;;
  *'-m venv'*)
    say venv
    for last; do :; done
    mkdir -p "$last/bin" && cp "$0" "$last/bin/python" && touch "$last/bin/pip" && echo 'version = ${version}' >"$last/pyvenv.cfg" ;;
  *'pip install'*) say install; sleep "\${SLOW:-0}"; [ -z "$FAIL" ] || { echo "ERROR: no such package"; exit 1; } ;;
  *'pip download'*demo-model*) say demo-model; while [ "$1" != --dest ]; do shift; done; touch "$2/basic.whl" ;;
  *'pip download'*) say wheelhouse "$@"; while [ "$1" != --dest ]; do shift; done; touch "$2/x.whl"; [ -z "$FAIL" ] ;;
  *'pip wheel'*) say loadgen "$@"; while [ "$1" != --wheel-dir ]; do shift; done; touch "$2/loadgen.whl" ;;
  *zipfile*) for last; do :; done; mkdir -p "$last/basic_pitch/saved_models/icassp_2022/nmp"; echo model >"$last/basic_pitch/saved_models/icassp_2022/nmp/saved_model.pb" ;;
  *) say "unexpected $*"; exit 9 ;;
esac
`;

function command(name: string, text: string): void {
  writeFileSync(join(bin, name), text);
  chmodSync(join(bin, name), 0o755);
}

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'prepare-'));
  bin = join(project, 'bin');
  mkdirSync(bin);
  mkdirSync(join(project, 'userdata/wheel'), { recursive: true });
  for (const path of ['setup', 'userdata/wheel/requirements.txt']) cpSync(join(repository, path), join(project, path), { recursive: true });
  command('python3', fakePython('3.12.4'));
});
afterEach(() => rmSync(project, { recursive: true, force: true }));

function start(args: readonly string[], environment: Readonly<Record<string, string>> = {}, node: readonly string[] = []): ChildProcess {
  return spawn(process.execPath, [...node, join(project, 'setup/prepare.mjs'), ...args], {
    env: { PATH: `${bin}:/usr/bin:/bin`, CALLS: join(project, 'calls'), ...environment }, stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function ended(child: ChildProcess): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const text = { stdout: '', stderr: '' };
  child.stdout?.on('data', (data) => { text.stdout += String(data); });
  child.stderr?.on('data', (data) => { text.stderr += String(data); });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, ...text };
}

const prepare = async (...args: Parameters<typeof start>) => ended(start(...args));

function calls(): string[] {
  const path = join(project, 'calls');
  const lines = existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
  rmSync(path, { force: true });
  return lines.map((line) => line.split(' ')[0]);
}

describe('a machine that will not do gets one sentence', () => {
  test.each([
    ['darwin', 'arm64', '22.0.0', 'on Linux, and this is darwin'],
    ['linux', 'ia32', '22.0.0', 'x86-64 or arm64, because TensorFlow publishes wheels for no other Linux; this is ia32'],
    ['linux', 'x64', '18.20.1', 'needs Node 20 or later, and this is 18.20.1'],
  ])('%s %s node %s', async (platform, architecture, version, sentence) => {
    const script = `import(${JSON.stringify(join(project, 'setup/prepare/check.mjs'))}).then((m) => console.log(m.unsupported(...${JSON.stringify([platform, architecture, version])})))`;
    const { stdout } = await ended(spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'pipe'] }));
    expect(stdout).toContain(sentence);
    expect(stdout.trim().split('\n')).toHaveLength(1);
  });

  test('before anything else is loaded, and with exit code 2', async () => {
    const elsewhere = 'data:text/javascript,Object.defineProperty(process,"platform",{value:"win32"})';
    const { code, stderr } = await prepare(['venv'], {}, ['--import', elsewhere]);
    expect({ code, lines: stderr.trim().split('\n').length }).toEqual({ code: 2, lines: 1 });
    expect(stderr).toContain('this is win32');
  });

  const range = 'graviton-tensorflow needs Python 3.10 to 3.13 with venv and ensurepip';
  test.each<[string, Record<string, string>, Record<string, string>, string]>([
    ['none', {}, {}, `${range}, and no python3 was found: install one`],
    ['too old', { 'python3': fakePython('3.9.2') }, {}, `${range}, but python3 is 3.9.2: install one`],
    ['too new', { 'python3': fakePython('3.14.0') }, {}, `${range}, but python3 is 3.14.0: install one`],
    ['without venv', { 'python3': fakePython('3.11.2', ['ensurepip']) }, {}, `${range}, but python3 is 3.11.2 without ensurepip: install one (Debian, Ubuntu: apt-get install python3 python3-venv)`],
    ['all named ones', { 'python3': fakePython('3.8.0'), 'python3.10': '#!/bin/sh\nexit 127\n' }, {}, `${range}, but python3 is 3.8.0: install one`],
    ['$PYTHON', { python3: fakePython('3.12.1') }, { PYTHON: '/no/python' }, `${range}, and $PYTHON (/no/python) is no Python that runs.`],
  ])('python: %s', async (_, commands, environment, sentence) => {
    rmSync(join(bin, 'python3'));
    for (const [name, text] of Object.entries(commands)) command(name, text);
    // Nothing but these commands: this machine's own Python must not be found.
    const { code, stderr } = await prepare(['venv'], { PATH: bin, ...environment });
    expect(code).toBe(2);
    expect(stderr).toContain(sentence);
    expect(calls()).toEqual([]);
  });

  test('an unknown part', async () => {
    expect(await prepare(['nodes'])).toMatchObject({ code: 2, stderr: expect.stringContaining('knows no part "nodes"; it knows node, venv, wheelhouse, demo-model, java') });
  });
});

describe('the Python environment', () => {
  test('takes the first Python that will do, by name if need be', async () => {
    command('python3', fakePython('3.9.2'));
    command('python3.11', fakePython('3.11.9'));
    expect((await prepare(['venv'])).code).toBe(0);
    expect(readFileSync(join(project, '.venv/pyvenv.cfg'), 'utf8')).toContain('3.11.9');
  });

  test('is built once; a warm run calls nothing and says nothing', async () => {
    expect((await prepare(['venv'])).stderr).toContain('preparing the Python environment');
    expect(calls()).toEqual(['venv', 'install']);
    expect(await prepare(['--quiet', 'venv'], { PATH: '/nonexistent' })).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(calls()).toEqual([]);
  });

  test('follows changed requirements without starting over', async () => {
    await prepare(['venv']);
    calls();
    writeFileSync(join(project, 'setup/requirements.txt'), 'tensorflow-cpu==1 ; platform_machine == \'x86_64\'\n');
    await prepare(['venv']);
    expect(calls()).toEqual(['install']);
  });

  test('starts over after an interrupted installation', async () => {
    const interrupted = start(['venv'], { SLOW: '30' });
    while (!existsSync(join(project, '.venv/.graviton-tf-unfinished'))) await new Promise((resolve) => setTimeout(resolve, 20));
    const end = ended(interrupted);
    interrupted.kill('SIGTERM');
    expect((await end).code).toBe(143);
    expect(existsSync(join(project, '.cache/prepare.lock'))).toBe(false);
    calls();
    expect((await prepare(['venv'])).code).toBe(0);
    expect(calls()).toEqual(['venv', 'install']);
  });

  test('a failing pip is told with its last lines', async () => {
    const { code, stderr } = await prepare(['venv'], { FAIL: 'yes' });
    expect(code).toBe(2);
    expect(stderr).toContain('pip install failed (exit 1):\n  ERROR: no such package');
    expect(stderr).not.toContain('    at ');
  });
});

describe('the downloads', () => {
  test('stand whole or not at all', async () => {
    await prepare(['venv']);
    calls();
    expect((await prepare(['wheelhouse'], { FAIL: 'yes' })).code).toBe(2);
    expect(existsSync(join(project, '.cache/wheelhouse'))).toBe(false);
    expect((await prepare(['wheelhouse', 'demo-model'])).code).toBe(0);
    expect(calls()).toEqual(['wheelhouse', 'wheelhouse', 'loadgen', 'demo-model']);
    expect(readdirSync(join(project, '.cache')).sort()).toEqual(['demo-model', 'demo-model.stamp', 'prepare.log', 'wheelhouse']);
    // A model base path is deployed as it is: only versions may lie in it.
    expect(readdirSync(join(project, '.cache/demo-model'))).toEqual(['1']);
    expect(await prepare(['--quiet'].concat('wheelhouse', 'demo-model'))).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('a removed model is brought again', async () => {
    await prepare(['demo-model']);
    rmSync(join(project, '.cache/demo-model'), { recursive: true });
    calls();
    await prepare(['demo-model']);
    expect(calls()).toEqual(['demo-model']);
  });

  test('hold the TensorFlow that is the wheel runtime\'s default, and LoadGen', async () => {
    await prepare(['venv']);
    await prepare(['wheelhouse']);
    const [asked, loadgen] = readFileSync(join(project, 'calls'), 'utf8').trim().split('\n').slice(-2).map((line) => line.split(' ').at(-1) as string);
    const { TensorFlowRuntime } = await import('../../lib');
    const { App, Stack } = await import('aws-cdk-lib');
    const { Role, ServicePrincipal } = await import('aws-cdk-lib/aws-iam');
    const stack = new Stack(new App(), 'S');
    const { environment } = TensorFlowRuntime.wheel().bind(stack, new Role(stack, 'R', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') }));
    expect(asked).toMatch(/^tensorflow(-cpu)?==/);
    expect(asked.split('==')[1]).toBe(environment.GTF_TENSORFLOW_VERSION);
    expect(loadgen).toMatch(/^mlcommons-loadgen==\d/);
  });
});

describe('two at once', () => {
  test('take turns, and the second finds the work done', async () => {
    const first = ended(start(['venv'], { SLOW: '1' }));
    while (!existsSync(join(project, '.cache/prepare.lock'))) await new Promise((resolve) => setTimeout(resolve, 10));
    const second = await prepare(['venv'], { SLOW: '1' });
    expect((await first).code).toBe(0);
    expect(second.stderr).toContain('waiting for the preparation that process');
    expect(calls()).toEqual(['venv', 'install']);
  });

  test('the lock of one that was killed is taken over', async () => {
    mkdirSync(join(project, '.cache'));
    writeFileSync(join(project, '.cache/prepare.lock'), '999999 12345');
    expect((await prepare(['venv'])).code).toBe(0);
    // The number is in use, by a process that started at another time.
    writeFileSync(join(project, '.cache/prepare.lock'), `${process.pid} 1`);
    rmSync(join(project, '.venv'), { recursive: true });
    expect((await prepare(['venv'])).code).toBe(0);
  });
});

describe('node modules', () => {
  const lock = (version: string) => JSON.stringify({ packages: { '': {}, 'node_modules/a': { version, integrity: version }, 'node_modules/b': { version: '1', integrity: '1', optional: true } } });

  beforeEach(() => {
    writeFileSync(join(project, 'package-lock.json'), lock('1'));
    writeFileSync(join(project, 'npm.cjs'), `const fs = require('fs'); fs.appendFileSync(process.env.CALLS, process.argv.slice(2).join(' ') + '\\n');
      fs.mkdirSync('node_modules', { recursive: true });
      const { packages } = JSON.parse(fs.readFileSync('package-lock.json')); delete packages['']; delete packages['node_modules/b'];
      if (!process.env.FAIL) fs.writeFileSync('node_modules/.package-lock.json', JSON.stringify({ packages }));`);
  });

  test('are installed when missing, left alone when current, and installed again when the lock file changes', async () => {
    const npm = { npm_execpath: join(project, 'npm.cjs') };
    await prepare(['node'], npm);
    expect(calls()).toEqual(['ci']);
    expect(await prepare(['--quiet', 'node'], npm)).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(calls()).toEqual([]);
    writeFileSync(join(project, 'package-lock.json'), lock('2'));
    await prepare(['node'], npm);
    expect(calls()).toEqual(['ci']);
  });

  test('an interrupted installation does not count', async () => {
    const npm = { npm_execpath: join(project, 'npm.cjs') };
    await prepare(['node'], { ...npm, FAIL: 'yes' });
    calls();
    await prepare(['node'], npm);
    expect(calls()).toEqual(['ci']);
  });
});

describe('TensorFlow Java', () => {
  const calls = () => readFileSync(join(project, 'java.calls'), 'utf8').trim().split('\n');

  beforeEach(async () => {
    cpSync(join(repository, 'runbooks/build-java'), join(project, 'runbooks/build-java'), { recursive: true });
    await prepare(['venv']);
  });

  test('is brought when it is asked for alone: nothing else needs Maven', async () => {
    command('mvn', `#!/bin/sh\ncase "$*" in *batch*) echo "$MAVEN_REPOSITORY $*" >>"${project}/java.calls" ;; esac\n`);
    command('javac', '#!/bin/sh\n');
    expect((await prepare(['wheelhouse', 'demo-model'])).code).toBe(0);
    expect(existsSync(join(project, '.cache/java'))).toBe(false);

    expect((await prepare(['java'])).code).toBe(0);
    const [asked] = calls();
    expect(asked).toMatch(/^https:\/\/repo\.maven\.apache\.org\/maven2 --batch-mode .* -Dtensorflow\.release=1\.1\.0 .* org\.apache\.maven\.plugins:maven-dependency-plugin:[\d.]+:copy-dependencies$/);
    const pip = readFileSync(join(project, 'calls'), 'utf8');
    expect(pip).toMatch(/tensorflow(-cpu)?==2\.18\.0/);
    expect(readdirSync(join(project, '.cache/java')).sort()).toEqual(['.graviton-tf', 'wheels']);
    // A second run downloads nothing.
    expect(await prepare(['--quiet', 'java'])).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(calls()).toHaveLength(1);
  });

  test('says in one sentence what is missing, and how to get it', async () => {
    command('javac', '#!/bin/sh\n');
    expect(await prepare(['--quiet', 'java'], { PATH: bin })).toEqual({
      code: 2, stdout: '', stderr: expect.stringMatching(/^preparing TensorFlow Java .*\nTensorFlow Java is tested with Maven and a JDK from 11 to 17, and mvn cannot be run here: apt-get install maven openjdk-17-jdk-headless\.\n$/),
    });
    expect(existsSync(join(project, '.cache/java'))).toBe(false);
  });
});
