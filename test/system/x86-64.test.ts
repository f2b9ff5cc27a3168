import { type DeployedServer, expectOneSuccess, readSignals } from '../../rehearsal/deployed-server';
import type { BootedInstance } from './booted-instance';
import { buildContainerImage, buildDockerHubImage } from './container-image';
import { Machine } from './machine';
import { ServingInstance } from './serving-instance';

jest.setTimeout(1_800_000);

const image = 'tensorflow-inference-graviton:2.14.1-cpu-py310-ubuntu20.04-ec2';
const dockerHubTag = 'r24.03-tf-2.15.1-onednn-acl';
let machine: Machine;
let instance: BootedInstance;
let serving: ServingInstance;
const model = () => `${machine.workspace.project.demoModel}/1`;

beforeAll(async () => {
  machine = await Machine.start('amd64');
  await machine.ecr.push(await buildContainerImage(machine.workspace, machine.docker, machine.base, 'amd64', 'tensorflow-cpu==2.14.1'), image);
  await machine.publish(model(), 1);
});
afterAll(async () => machine?.end());

/** Launches it, and has it answered for its deployment and to its first client. */
async function boot(server: DeployedServer, base?: string): Promise<void> {
  instance = await machine.launch(server, base);
  serving = new ServingInstance(instance);
  await instance.booted(900);
  await expectOneSuccess(machine.aws, server);
  expect(await serving.predict()).toMatchObject({ note: 'A4' });
}

async function expectDiagnosis(stack: string): Promise<void> {
  const { checks, summary, evidence } = await machine.diagnose(stack, []);
  expect({ kind: evidence.kind, backend: summary.backend, threading: summary.threading }).toEqual({ kind: 'shadow', backend: 'onednn', threading: 'threadpool' });
  expect(summary.primitives).toBeGreaterThan(0);
  const rows = Object.fromEntries(checks.map(({ id, status }) => [id, status]));
  expect(rows).toMatchObject({ 'platform.kernel': 'PASS', 'backend.onednn': 'PASS', 'threads.pool': 'PASS', 'runtime.tensorflow': expect.stringMatching(/PASS|WARN/) });
}

describe('an instance with the Deep Learning Container', () => {
  let server: DeployedServer;

  test('boots from its user data, and answers', async () => {
    server = await machine.deploy('System', 'dlc:2.14.1');
    await machine.aws.enforceAuthorization();
    await boot(server);
    expect(await serving.container()).toMatchObject({ image: expect.stringMatching(`^\\d+\\.dkr\\.ecr\\.us-west-2\\.amazonaws\\.com/${image}$`) });
  });

  test('reaches the credentials of its role, and its containers do not', async () => {
    expect(await serving.metadata()).toEqual({ instance: '200', container: '000' });
  });

  test('is diagnosed beside the server', async () => {
    await expectDiagnosis('System');
  });

  test('serves a new version without a restart and without losing a request', async () => {
    const { started } = await serving.container();
    await machine.publish(model(), 2);
    const { answered, lost } = await serving.untilServed('2', 240, { predict: true });
    expect(lost).toBe(0);
    expect(answered).toBeGreaterThan(1);
    expect((await serving.container()).started).toBe(started);
  });

  test('serves again after a reboot, without pulling', async () => {
    const pulls = machine.ecr.pulls();
    expect(pulls).toBeGreaterThan(0);
    await instance.reboot();
    await serving.untilServed('2', 300, { predict: false });
    expect(await serving.predict()).toMatchObject({ note: 'A4' });
    expect(machine.ecr.pulls()).toBe(pulls);
    expect((await readSignals(machine.aws, server)).map(({ status }) => status)).toEqual(['SUCCESS']);
  });

  test('ends its boot below the kernel floor, and says so', async () => {
    instance = await machine.launch({ ...server, userData: server.userData.replace('export GTF_KERNEL_FLOOR=\'5.10\'', 'export GTF_KERNEL_FLOOR=\'99.0\'') });
    expect(await instance.cloudInit(300)).toMatchObject({ status: 'error' });
    const { status, phase } = (await readSignals(machine.aws, server)).at(-1) ?? {};
    expect({ status, phase }).toEqual({ status: 'FAILURE', phase: 'kernel' });
    expect(await machine.why('System')).toMatch(/the kernel is \S+, TensorFlow on Graviton needs 99\.0 or later/);
    expect(await instance.shell('command -v docker')).toBe('');
  });
});

/** User and rights of the process that answers. */
async function confinement(): Promise<Record<string, string>> {
  const text = await instance.shell('pid=$(pgrep -of "^[^ ]*python[^ ]* -m model_server ") && grep -E "^(Uid|CapEff|NoNewPrivs):" /proc/$pid/status');
  return Object.fromEntries([...text.matchAll(/^(\w+):\s+(\S+)/gm)].map(([, name, value]) => [name, value]));
}

describe('the other runtimes answer the same request, and are diagnosed by the same report', () => {
  test('TensorFlow from PyPI, as a user of its own that systemd shuts in', async () => {
    await boot(await machine.deploy('Wheel', 'wheel'));
    const { Uid, ...rest } = await confinement();
    expect(rest).toEqual({ CapEff: '0000000000000000', NoNewPrivs: '1' });
    // Systemd's range for users that live as long as their unit.
    expect(Number(Uid)).toBeGreaterThanOrEqual(61_184);
    await expectDiagnosis('Wheel');
  });

  test('Arm\'s image from Docker Hub, as the image\'s own user', async () => {
    await machine.dockerHub.push(await buildDockerHubImage(machine.workspace, machine.docker, machine.base, 'tensorflow-cpu==2.15.1'), `armswdev/tensorflow-arm-neoverse:${dockerHubTag}`);
    await boot(await machine.deploy('DockerHub', `dockerhub:${dockerHubTag}`));
    const { Uid, ...rest } = await confinement();
    expect(rest).toEqual({ CapEff: '0000000000000000', NoNewPrivs: '1' });
    expect(Uid).toBe((await instance.run('docker', 'exec', 'graviton-tf', 'id', '-u')).trim());
    expect(Uid).not.toBe('0');
    await expectDiagnosis('DockerHub');
  });
});

test.each([['2023'], ['2']] as const)('Amazon Linux %s\'s commands boot an instance', async (version) => {
  await boot(await machine.deploy(`AmazonLinux${version}`, 'dlc:2.14.1'), await machine.amazonLinux(version));
  expect((await instance.shell('cat /var/log/graviton-tf-packager.log')).trim()).toBe('docker amazon-ecr-credential-helper');
});
