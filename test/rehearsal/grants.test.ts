import { Cdk } from '../../rehearsal/cdk';
import { type DeployedServer, readDeployedServer, readSignals } from '../../rehearsal/deployed-server';
import { EmbeddedAws } from '../../rehearsal/embedded-aws';
import { RehearsedInstance } from '../../rehearsal/instance';
import { Project } from '../../rehearsal/project';
import { Workspace, freePort } from '../../rehearsal/workspace';
import { DeployedRole, type Statement } from './deployed-role';

jest.setTimeout(300_000);

const stack = 'Grants';
const project = Project.find();
const workspace = new Workspace(project);
let aws: EmbeddedAws;
let server: DeployedServer;
let role: DeployedRole;

beforeAll(async () => {
  aws = await EmbeddedAws.start(workspace);
  const cdk = new Cdk(workspace, aws);
  await cdk.bootstrap(() => {});
  // The container's boot: with the stand-in for Docker it takes seconds, and it needs the same grants.
  await cdk.deploy({ stack, runtime: 'dlc', model: project.demoModel, restPort: await freePort() }, () => {});
  await aws.enforceAuthorization();
  server = await readDeployedServer(aws, stack);
  role = await DeployedRole.read(aws, stack);
});
afterAll(() => workspace.end());

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

/** The role's statements without one object of S3. */
function withoutObject(variable: string): Statement[] {
  const [, key] = new RegExp(`export ${variable}='([^']+)'`).exec(server.userData) ?? [];
  return role.statements.map((statement) => ({
    ...statement,
    Resource: [statement.Resource].flat().filter((resource) => !resource.endsWith(`/${key}`)),
  }));
}

/** A boot with fewer rights. */
async function bootWith(statements: readonly Statement[]) {
  return role.restrictedTo(statements, boot);
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
    const { output, report } = await bootWith(role.without('logs:PutLogEvents'));
    expect(output).toContain('cannot write to the log group');
    expect(report).toBeUndefined();
  });

  test('without signalling is never heard of, so that the deployment would time out', async () => {
    const { output, signals } = await bootWith(role.without('cloudformation:SignalResource'));
    expect(output).toContain('is not authorized to perform: cloudformation:SignalResource');
    expect(signals).toEqual([]);
  });
});
