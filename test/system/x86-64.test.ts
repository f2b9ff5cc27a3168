import { ask, toneQuestion } from '../../rehearsal/prediction';
import { expectOneSuccess } from '../../rehearsal/deployed-server';
import type { BootedInstance } from './booted-instance';
import { buildContainerImage } from './container-image';
import { Machine } from './machine';

jest.setTimeout(1_800_000);

let machine: Machine;
let instance: BootedInstance;
const demo = () => machine.workspace.project.demoModel;

beforeAll(async () => {
  machine = await Machine.start('amd64');
  const image = await buildContainerImage(machine.workspace, machine.docker, machine.base, 'amd64', 'tensorflow-cpu==2.14.1');
  await machine.ecr.push(image, 'tensorflow-inference-graviton:2.14.1-cpu-py310-ubuntu20.04-ec2');
  await machine.publish(`${demo()}/1`, 1);
});
afterAll(async () => machine?.end());

test('an instance boots from its user data and answers', async () => {
  const server = await machine.deploy('System', 'dlc:2.14.1');
  await machine.aws.enforceAuthorization();
  instance = await machine.launch(server);
  await instance.booted(600);
  await expectOneSuccess(machine.aws, server);
  const { note } = await ask(`http://${instance.address}:8501/v1/models/model:predict`, toneQuestion());
  expect(note).toBe('A4');
});
