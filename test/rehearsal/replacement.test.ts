import { Cdk } from '../../rehearsal/cdk';
import { readDeployedServer } from '../../rehearsal/deployed-server';
import { EmbeddedAws } from '../../rehearsal/embedded-aws';
import { Project } from '../../rehearsal/project';
import { Workspace } from '../../rehearsal/workspace';

jest.setTimeout(300_000);

const stack = 'Replacement';
const project = Project.find();
const workspace = new Workspace(project);
let aws: EmbeddedAws;
let cdk: Cdk;

beforeAll(async () => {
  aws = await EmbeddedAws.start(workspace);
  cdk = new Cdk(workspace, aws);
  await cdk.bootstrap(() => {});
});
afterAll(() => workspace.end());

/** Deploys with the real CDK CLI; returns the instance that the group then has. */
async function deploy(restPort: number): Promise<string> {
  await cdk.deploy({ stack, runtime: 'dlc', model: project.demoModel, restPort }, () => {});
  return (await readDeployedServer(aws, stack)).instance;
}

/** AWS publishes a new AMI: the public parameter of the default image moves. */
async function publishNewImage(): Promise<void> {
  const name = '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-6.1-arm64';
  const answer = await fetch(`${aws.endpoint}/embedded-aws/parameters`, { method: 'POST', body: JSON.stringify({ name, value: 'ami-0fedcba9876543210' }) });
  expect(answer.status).toBe(204);
}

describe('a second deployment', () => {
  test('replaces nothing when AWS has published a new AMI, and everything when an option has changed', async () => {
    const first = await deploy(18501);
    await publishNewImage();
    expect(await deploy(18501)).toBe(first);
    expect(await deploy(18502)).not.toBe(first);
  });
});
