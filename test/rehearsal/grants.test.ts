import { GetRolePolicyCommand, IAMClient, ListRolePoliciesCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { CloudFormationClient, DescribeStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import { Cdk } from '../../rehearsal/cdk';
import { type DeployedServer, readDeployedServer, readSignals } from '../../rehearsal/deployed-server';
import { EmbeddedAws } from '../../rehearsal/embedded-aws';
import { RehearsedInstance } from '../../rehearsal/instance';
import { Project } from '../../rehearsal/project';
import { Workspace, freePort } from '../../rehearsal/workspace';

jest.setTimeout(300_000);

interface Statement {
  readonly Action: string | string[];
  readonly Resource: string | string[];
}

const stack = 'Grants';
const project = Project.find();
const workspace = new Workspace(project);
let aws: EmbeddedAws;
let server: DeployedServer;
let role: { readonly name: string; readonly policy: string; readonly statements: readonly Statement[] };

beforeAll(async () => {
  aws = await EmbeddedAws.start(workspace);
  const cdk = new Cdk(workspace, aws);
  await cdk.bootstrap(() => {});
  // The container's boot: with the stand-in for Docker it takes seconds, and it needs the same grants.
  await cdk.deploy({ stack, runtime: 'dlc', model: project.demoModel, restPort: await freePort() }, () => {});
  await aws.enforceAuthorization();
  server = await readDeployedServer(aws, stack);
  role = await readRole();
});
afterAll(() => workspace.end());

async function readRole(): Promise<typeof role> {
  const { StackResources = [] } = await new CloudFormationClient(aws.client).send(new DescribeStackResourcesCommand({ StackName: stack }));
  const name = StackResources.find((resource) => resource.ResourceType === 'AWS::IAM::Role' && resource.LogicalResourceId?.startsWith('ServerRole'))?.PhysicalResourceId as string;
  const iam = new IAMClient(aws.client);
  const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName: name }));
  expect(PolicyNames).toHaveLength(1);
  const { PolicyDocument } = await iam.send(new GetRolePolicyCommand({ RoleName: name, PolicyName: PolicyNames[0] }));
  return { name, policy: PolicyNames[0], statements: (JSON.parse(decodeURIComponent(PolicyDocument as string)) as { Statement: Statement[] }).Statement };
}

async function grant(statements: readonly Statement[]): Promise<void> {
  await new IAMClient(aws.client).send(new PutRolePolicyCommand({
    RoleName: role.name, PolicyName: role.policy, PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: statements }),
  }));
}

let boots = 0;

/** One boot, and what came of it in AWS. */
async function boot() {
  const before = (await readSignals(aws, server)).length;
  const bin = boots === 0 ? workspace.binaries() : workspace.directory('bin');
  const instance = await RehearsedInstance.launch(workspace, aws, server, [project.path('rehearsal/instance/container'), bin], `boot-${boots++}`);
  try {
    // Every boot here is the same instance's, and writes to the same stream.
    const earlier = JSON.stringify((await instance.bootLog())?.event);
    const status = await instance.boot(() => {});
    const report = (await instance.bootLog())?.event;
    return {
      status, output: instance.output.join('\n'), signals: (await readSignals(aws, server)).slice(before),
      report: JSON.stringify(report) === earlier ? undefined : report,
    };
  } finally {
    await instance.end();
  }
}

/** The role's statements without one action, or without one object of S3. */
function withoutAction(action: string): Statement[] {
  return role.statements.filter((statement) => ![statement.Action].flat().includes(action));
}

function withoutObject(variable: string): Statement[] {
  const [, key] = new RegExp(`export ${variable}='([^']+)'`).exec(server.userData) ?? [];
  return role.statements.map((statement) => ({
    ...statement,
    Resource: [statement.Resource].flat().filter((resource) => !resource.endsWith(`/${key}`)),
  }));
}

/** A boot with fewer rights; what was taken away must have been there. */
async function bootWith(statements: readonly Statement[]) {
  expect(JSON.stringify(statements).length).toBeLessThan(JSON.stringify(role.statements).length);
  await grant(statements);
  try {
    return await boot();
  } finally {
    await grant(role.statements);
  }
}

describe('the deployed role', () => {
  test('is enough for the boot', async () => {
    const { status, signals, report } = await boot();
    expect({ status, signals: signals.map((signal) => signal.status), reported: report?.status }).toEqual({ status: 0, signals: ['SUCCESS'], reported: 'ready' });
  });

  test.each([
    ['scripts', 'GTF_SCRIPTS_KEY'],
    ['model', 'GTF_MODEL_KEY'],
  ])('without reading the %s from S3 is not, and the boot says so', async (phase, variable) => {
    const { status, signals, report } = await bootWith(withoutObject(variable));
    expect({ status, signals: signals.map(({ status: sent, phase: where }) => `${sent} ${where}`) }).toEqual({ status: 1, signals: [`FAILURE ${phase}`] });
    expect(report).toMatchObject({ status: 'failed', phase, cause: expect.stringMatching(/^cannot fetch s3:.*(403|AccessDenied|Forbidden)/) });
  });

  test('without writing the log leaves the operator without a report, which the rehearsal takes for a failure', async () => {
    const { output, report } = await bootWith(withoutAction('logs:PutLogEvents'));
    expect(output).toContain('cannot write to the log group');
    expect(report).toBeUndefined();
  });

  test('without signalling is never heard of, so that the deployment would time out', async () => {
    const { output, signals } = await bootWith(withoutAction('cloudformation:SignalResource'));
    expect(output).toContain('is not authorized to perform: cloudformation:SignalResource');
    expect(signals).toEqual([]);
  });
});
