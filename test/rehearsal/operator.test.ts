import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DescribeInstancesCommand, EC2Client, RunInstancesCommand } from '@aws-sdk/client-ec2';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetParameterCommand, ListCommandsCommand, SSMClient, SendCommandCommand, type SendCommandCommandInput, StartSessionCommand } from '@aws-sdk/client-ssm';
import type { Report } from '../../cli/diagnose/report';
import type { ServerRunbookName } from '../../lib/runbooks/runbook-names';
import { Cdk } from '../../rehearsal/cdk';
import { type DeployedServer, readDeployedServer } from '../../rehearsal/deployed-server';
import { EmbeddedAws } from '../../rehearsal/embedded-aws';
import { RehearsedInstance } from '../../rehearsal/instance';
import { Project } from '../../rehearsal/project';
import { Workspace, freePort, writeScript } from '../../rehearsal/workspace';
import { startCli } from '../cli/run-cli';
import type { Right } from '../support/role-statements';
import { describeArtifactsRights } from './artifacts-rights';
import { DeployedRole } from './deployed-role';
import { describeImagesRights } from './images-rights';
import { Operator, nameOf, needed, physicalIds, rightsToRun, without } from './operator';
import { describeTuningRights } from './tuning-rights';
import { TuningStandIn } from './tuning-stand-in';

jest.setTimeout(300_000);

const stack = 'Operator';
const kernels = 300;
const project = Project.find();
const workspace = new Workspace(project);
const tuning = new TuningStandIn(workspace);
let aws: EmbeddedAws;
let server: DeployedServer;
let instance: RehearsedInstance;
let operator: Operator;
let rights: Right[];
let rightsOfAll: Record<ServerRunbookName, Right[]>;
let names: { readonly document: string; readonly documents: Record<ServerRunbookName, string>; readonly bucket: string };
let other: { tagged: string; untagged: string };
let log: string;
let tuned: ReturnType<TuningStandIn['prepare']>;

beforeAll(async () => {
  aws = await EmbeddedAws.start(workspace);
  const cdk = new Cdk(workspace, aws);
  await cdk.bootstrap(() => {});
  await cdk.deploy({ stack, runtime: 'dlc', model: project.demoModel, restPort: await freePort() }, () => {});
  await aws.enforceAuthorization();
  server = await readDeployedServer(aws, stack);
  const ids = await physicalIds(aws, stack);
  rightsOfAll = rightsToRun(aws, stack, project.demoModel, ids);
  rights = rightsOfAll.troubleshoot;
  const physical = (start: string) => Object.entries(ids).find(([logical]) => logical.startsWith(start))?.[1] as string;
  const documents = { 'troubleshoot': physical('TroubleshootDocument'), 'optimize': physical('OptimizeGraphDocument'), 'right-size': physical('RightSizeDocument'), 'mlperf': physical('MlperfDocument') };
  names = { document: documents.troubleshoot, documents, bucket: physical('TroubleshootResults') };
  // Not booted: its agent is all that a diagnosis of a log needs.
  instance = await RehearsedInstance.launch(workspace, aws, server, [withHold(), tuning.binaries, workspace.binaries()]);
  log = manyKernels();
  tuned = tuning.prepare(instance.root);
  other = await launchOthers();
  await new S3Client({ ...aws.client, forcePathStyle: true }).send(new PutObjectCommand({ Bucket: names.bucket, Key: 'private', Body: 'x' }));
  operator = await Operator.hire(aws, 'on-call');
  await instance.managed();
});
afterAll(() => workspace.end());

/** Instances beside the stack's own: one of another stack, and one of none. */
async function launchOthers(): Promise<{ tagged: string; untagged: string }> {
  const ec2 = new EC2Client(aws.client);
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [server.instance] }));
  const launched = async (...tags: string[]) => {
    const { Instances = [] } = await ec2.send(new RunInstancesCommand({
      ImageId: Reservations[0].Instances?.[0].ImageId, InstanceType: 'c7g.large', MinCount: 1, MaxCount: 1,
      TagSpecifications: tags.map((Value) => ({ ResourceType: 'instance', Tags: [{ Key: 'graviton-tensorflow:stack', Value }] })),
    }));
    return Instances[0].InstanceId as string;
  };
  return { tagged: await launched('Another'), untagged: await launched() };
}

/** A real log with so many shapes that its report does not fit into what Run Command keeps. */
function manyKernels(): string {
  const lines = readFileSync(project.path('rehearsal/replay/aarch64-2.16.1-batch-1.log'), 'utf8').split('\n');
  const convolution = lines.find((line) => line.includes(',gemm:ref,')) as string;
  const file = join(instance.root, 'var/log/many-kernels.log');
  mkdirSync(join(instance.root, 'var/log'), { recursive: true });
  writeFileSync(file, lines.join('\n'));
  for (let height = 1000; height < 1000 + kernels; height++) appendFileSync(file, `${convolution.replace('ih64oh64', `ih${height}oh${height}`)}\n`);
  return file;
}

/** A python3 on the instance that waits while there is a file `hold`: a command stays where it is. */
function withHold(): string {
  const bin = workspace.directory('hold');
  writeScript(join(bin, 'python3'), `#!/bin/sh\nif [ -e "$GTF_ROOT/hold" ]; then : >"$GTF_ROOT/held"; fi\nwhile [ -e "$GTF_ROOT/hold" ]; do sleep 0.1; done\nexec '${project.python}' "$@"\n`);
  return bin;
}

function diagnose() {
  return startCli(['diagnose', '--stack', stack, '--json', '--log-path', log], operator.environment);
}

/** The operator's diagnosis with these rights, to its end. */
async function diagnosed(granted: readonly Right[] = rights) {
  await operator.may(granted);
  const { code, stdout, stderr } = await diagnose().ended;
  return { code, stderr, report: JSON.parse(stdout) as Report & { reason?: string } };
}

/** The states of all commands, the newest first, as the administrator sees them. */
async function commands(): Promise<string[]> {
  const { Commands = [] } = await new SSMClient(aws.client).send(new ListCommandsCommand({}));
  return Commands.map(({ Status }) => Status as string);
}

/** The state of the newest command, once the service has worked out its targets. */
async function newestCommand(): Promise<string> {
  let status: string;
  while ((status = (await commands())[0]) === 'Pending') await sleep(100);
  return status;
}

describe('with what grants.run() gives, the operator', () => {
  test('gets the whole report', async () => {
    const { code, stderr, report } = await diagnosed();
    expect({ code, reason: report.reason }).toEqual({ code: 1, reason: undefined });
    expect(report).toMatchObject({ instance: server.instance, evidence: { kind: 'log', log }, kernelsOmitted: 0 });
    expect(report.kernels?.length).toBeGreaterThan(kernels);
    expect(stderr).not.toContain('left out');
  });

  const refusals: ReadonlyArray<readonly [what: string, call: (who: Operator | EmbeddedAws, other: { tagged: string; untagged: string }) => Promise<unknown>]> = [
    ['send AWS-RunShellScript', async ({ client }) => send(client, { DocumentName: 'AWS-RunShellScript', Parameters: { commands: ['id'] } })],
    ['send another document', async ({ client }) => send(client, { DocumentName: 'Another' })],
    ['send the runbook to an instance of another stack', async ({ client }, { tagged }) => send(client, { InstanceIds: [tagged] })],
    ['send the runbook to an instance without the tag', async ({ client }, { untagged }) => send(client, { InstanceIds: [untagged] })],
    ['send the runbook to one of those beside his own', async ({ client }, { tagged }) => send(client, { InstanceIds: [server.instance, tagged] })],
    ['have the output put into another bucket', async ({ client }) => send(client, { OutputS3BucketName: 'another' })],
    ['read another key of the results bucket', async ({ client }) => new S3Client({ ...client, forcePathStyle: true }).send(new GetObjectCommand({ Bucket: names.bucket, Key: 'private' }))],
    ['list the results bucket', async ({ client }) => new S3Client({ ...client, forcePathStyle: true }).send(new ListObjectsV2Command({ Bucket: names.bucket }))],
    ['write a result', async ({ client }) => new S3Client({ ...client, forcePathStyle: true }).send(new PutObjectCommand({ Bucket: names.bucket, Key: 'troubleshoot/forged', Body: '{}' }))],
    ['start a session', async ({ client }) => new SSMClient({ ...client, maxAttempts: 1 }).send(new StartSessionCommand({ Target: server.instance }))],
    ['read a parameter', async ({ client }) => new SSMClient(client).send(new GetParameterCommand({ Name: '/secret' }))],
  ];
  beforeAll(async () => operator.may(rights));

  async function send(client: EmbeddedAws['client'], change: Partial<SendCommandCommandInput>) {
    return new SSMClient(client).send(new SendCommandCommand({
      DocumentName: names.document, InstanceIds: [server.instance], ...change,
      // Too short, which is looked at after the rights: the administrator's is not to run either.
      TimeoutSeconds: 1,
    }));
  }

  test.each(refusals)('may not %s', async (_, call) => {
    await expect(call(operator, other)).rejects.toMatchObject({ name: expect.stringMatching(/^AccessDenied/) });
    // The emulator can tell: whatever keeps an administrator from it, it is no right.
    const hindrance = await call(aws, other).then(() => 'none', ({ name }: Error) => name);
    expect(hindrance).not.toMatch(/AccessDenied/);
  });
});

describe('without one of its rights', () => {
  test('each is known here', () => {
    expect(rights.map(nameOf).sort()).toEqual([...needed.map(([name]) => name), 's3:GetObject on objects', 'ssm:CancelCommand'].sort());
  });

  test.each(needed)('%s, it says in one sentence what is missing', async (right, sentence, became) => {
    const before = await commands();
    const { code, stderr, report } = await diagnosed(without(rights, right));
    expect(code).toBe(2);
    expect(report).toEqual({ schemaVersion: 1, exitCode: 2, reason: expect.stringMatching(sentence) });
    expect(report.reason).toMatch(/^[^\n]+: allow it for this user or role, [^\n.]+\.$/);
    expect(stderr).toContain(`✖ ${report.reason}`);
    expect((await commands()).length > before.length ? await newestCommand() : 'not sent').toBe(became === 'runs' ? 'Success' : became);
  });

  test('s3:GetObject, it gives the report that fits, and says what is missing', async () => {
    const { code, stderr, report } = await diagnosed(without(rights, 's3:GetObject on objects'));
    expect({ code, instance: report.instance }).toEqual({ code: 1, instance: server.instance });
    expect(report.kernelsOmitted).toBeGreaterThan(0);
    expect(stderr).toMatch(new RegExp(`${report.kernelsOmitted} kernels are left out, .*: these credentials may not call s3:GetObject on s3://${names.bucket}/troubleshoot/\\S+/FullReport/stdout\\.`));
  });
});

describe('with what grants.writeResults() gives, the instance', () => {
  /** What the agent does, as the instance's role. */
  async function put(Key: string): Promise<unknown> {
    const s3 = await (await DeployedRole.read(aws, stack)).s3(aws, server.instance);
    return s3.send(new PutObjectCommand({ Bucket: names.bucket, Key, Body: 'x', ACL: 'bucket-owner-full-control' })).then(() => 'written', ({ name }: Error) => name);
  }

  test('writes results, and nothing beside them', async () => {
    const role = await DeployedRole.read(aws, stack);
    expect(await put('troubleshoot/x')).toBe('written');
    expect(await put('elsewhere/x')).toBe('AccessDenied');
    expect(await role.restrictedTo(role.without('s3:PutObjectAcl'), async () => put('troubleshoot/x'))).toBe('AccessDenied');
  });

  test('and without s3:PutObject it still reports what fits', async () => {
    const role = await DeployedRole.read(aws, stack);
    const { code, stderr, report } = await role.restrictedTo(role.without('s3:PutObject'), async () => diagnosed());
    expect({ code, instance: report.instance }).toEqual({ code: 1, instance: server.instance });
    expect(report.kernelsOmitted).toBeGreaterThan(0);
    expect(stderr).toMatch(/left out, .*: the agent did not upload s3:\/\/\S+\/FullReport\/stdout \(its role needs s3:PutObject and s3:PutObjectAcl there\)\./);
  });
});

describeTuningRights(() => ({
  aws, stack, operator, commands, newestCommand, ...names, rights: rightsOfAll, instance: server.instance, otherInstance: other.tagged, ...tuned,
}));

describeImagesRights(() => ({ aws, workspace }));

describeArtifactsRights(() => ({ aws, workspace }));

describe('Ctrl-C', () => {
  /** Interrupted while the instance is in its first step. */
  async function interrupted(granted: readonly Right[]) {
    await operator.may(granted);
    const [hold, held] = ['hold', 'held'].map((name) => join(instance.root, name));
    writeFileSync(hold, '');
    try {
      const { child, ended } = diagnose();
      while (!existsSync(held)) await sleep(50);
      child.kill('SIGINT');
      return { ...await ended, status: await newestCommand() };
    } finally {
      rmSync(hold);
      rmSync(held);
    }
  }

  test('cancels the command', async () => {
    const { code, stderr, status } = await interrupted(rights);
    expect({ code, status }).toEqual({ code: 130, status: 'Cancelled' });
    expect(stderr).toMatch(/■ Interrupted: command \S+ was cancelled, and the instances have ended it\./);
  });

  test('without ssm:CancelCommand says that it goes on', async () => {
    const { code, stderr, status } = await interrupted(without(rights, 'ssm:CancelCommand'));
    expect({ code, status }).toEqual({ code: 2, status: 'InProgress' });
    expect(stderr).toMatch(/✖ Command \S+ of \S+ could not be cancelled \(the credentials may not call ssm:CancelCommand\): it ends by itself/);
  });
});
