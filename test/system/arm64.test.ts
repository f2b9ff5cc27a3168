import { type DeployedServer, expectOneSuccess } from '../../rehearsal/deployed-server';
import type { BootedInstance } from './booted-instance';
import { buildContainerImage } from './container-image';
import { Machine } from './machine';
import { ServingInstance } from './serving-instance';

jest.setTimeout(3_600_000);

const reference = 'tensorflow-inference-graviton:2.16.1-cpu-py310-ubuntu20.04-ec2';
let machine: Machine;
let image: string;
let server: DeployedServer;
let instance: BootedInstance;
let serving: ServingInstance;
const model = () => `${machine.workspace.project.demoModel}/1`;

beforeAll(async () => {
  machine = await Machine.start('arm64');
  image = await buildContainerImage(machine.workspace, machine.docker, machine.base, 'arm64', 'tensorflow==2.16.1');
  await machine.ecr.push(image, reference);
  await machine.publish(model(), 1);
  server = await machine.deploy('System', 'dlc:2.16.1');
  await machine.aws.enforceAuthorization();
});
afterAll(async () => machine?.end());

// Ends with an error unless every row passes; this is TensorFlow as Arm's own builds are, where none was built here.
test('the test of a built wheel takes TensorFlow\'s own aarch64 wheel, and names Arm Compute Library\'s part', async () => {
  const rows = await machine.docker.run(
    'run', '--rm', '--platform', 'linux/arm64', '--network', 'none', '--volume', `${machine.workspace.project.path('runbooks')}:/runbooks:ro`, image,
    'python3', '/runbooks/build-wheel/test_wheel.py', '--python', '/usr/bin/python3', '--release', '2.16.1', '--work', '/tmp/work',
  );
  expect(rows).toMatch(/^PASS +wheel\.acl +[1-9]\d*% of the time/m);
  expect(rows).toMatch(/^PASS +wheel\.answers/m);
});

describe('an arm64 instance', () => {
  test('boots from its user data, and answers', async () => {
    instance = await machine.launch(server);
    serving = new ServingInstance(instance);
    await instance.booted(2400);
    await expectOneSuccess(machine.aws, server);
    expect(await instance.run('uname', '-m')).toBe('aarch64\n');
    expect(await instance.shell('cat /etc/graviton-tf/serving.env')).toContain('DNNL_DEFAULT_FPMATH_MODE=BF16');
    expect(await serving.predict()).toMatchObject({ note: 'A4' });
  });

  // TensorFlow 2.16.1 takes reference kernels for one example at a time, and Arm Compute Library's for more.
  test('is told which kernels are slow at the batch that it serves, and that Arm Compute Library runs others', async () => {
    const { checks, summary, kernels } = await machine.diagnose('System', ['--shadow-seconds', '1500', '--requests', '1']);
    expect({ backend: summary.backend, isa: summary.isa, bf16: summary.bf16?.available }).toEqual({ backend: 'onednn', isa: expect.stringContaining('SVE'), bf16: true });
    const rows = Object.fromEntries(checks.map((check) => [check.id, check]));
    expect(rows['kernels.reference']).toMatchObject({ status: 'FAIL', evidence: expect.stringContaining('gemm:ref') });
    expect(rows['kernels.batch']).toMatchObject({ status: 'WARN', evidence: expect.stringMatching(/gemm:ref .* is a reference kernel at batch 1, not at 2/) });
    expect(kernels.filter(({ kind }) => kind === 'acl').map(({ implementation }) => implementation)).toContain('indirect_gemm:acl');
    expect(summary.aclShare).toBeGreaterThan(0);
  });

  test('serves a new version without a restart', async () => {
    const { started } = await serving.container();
    await machine.publish(model(), 2);
    await serving.untilServed('2', 900, { predict: false });
    expect((await serving.container()).started).toBe(started);
  });

  test('serves again after a reboot, without pulling', async () => {
    const pulls = machine.ecr.pulls();
    await instance.reboot();
    await serving.untilServed('2', 1200, { predict: false });
    expect(await serving.predict()).toMatchObject({ note: 'A4' });
    expect(machine.ecr.pulls()).toBe(pulls);
  });
});
