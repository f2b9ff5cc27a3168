import { readContainerRun } from './container';
import { Cdk } from './cdk';
import { type DeployedServer, expectOneSuccess, readDeployedServer, readSignals } from './deployed-server';
import { EmbeddedAws } from './embedded-aws';
import { faults } from './faults';
import { RehearsedInstance } from './instance';
import { CommandFailed } from './leash';
import { prepareStandIns } from './prepare';
import { type Question, ask } from './prediction';
import type { ContainerReport, Failure, RehearsalReport, ServerReport } from './report';
import { Troubleshooting } from './troubleshooting';
import { Tuning } from './tuning';
import { type Workspace, freePort, lacks } from './workspace';

export interface RehearsalOptions {
  /** Model base path, or one SavedModel. */
  readonly model: string;
  readonly question: Question;
}

export interface Step {
  readonly title: string;
  /** Returns what came of it, in a few words. */
  run(note: (line: string) => void): Promise<string>;
}

/** The boot reported a failure, with its phase and cause as they stand in the log group. */
class BootFailed extends Error {
  constructor(readonly phase: string | undefined, cause: string, readonly log: readonly string[]) {
    super(cause);
  }
}

const stack = 'GravitonTensorFlow';
const containerStack = `${stack}Container`;

/** One rehearsal: its steps in order, each building on what the earlier ones left here. */
export class Rehearsal {
  private aws!: EmbeddedAws;
  private cdk!: Cdk;
  private bin!: string;
  private model!: string;
  private ports!: { wheel: number; dlc: number };
  private server!: DeployedServer;
  private instance!: RehearsedInstance;
  private containerServer!: DeployedServer;
  private serverReport?: ServerReport;
  private containerReport?: ContainerReport;
  private troubleshooting?: Troubleshooting;
  private tuning?: Tuning;

  constructor(private readonly workspace: Workspace, private readonly options: RehearsalOptions) {}

  get steps(): readonly Step[] {
    // Another model may have findings of its own, from which one that was put in could not be told.
    const injected = this.isDemo ? faults : [];
    return [
      { title: 'Prepare Python, wheels and the demo model', run: (note) => this.prepare(note) },
      { title: 'Start the embedded AWS', run: () => this.startAws() },
      { title: 'cdk bootstrap', run: (note) => this.bootstrap(note) },
      { title: 'cdk deploy with the wheel runtime', run: (note) => this.deploy('wheel', note) },
      { title: 'cdk deploy with the Deep Learning Container', run: (note) => this.deploy('dlc', note) },
      { title: 'Read back what AWS holds, turn authorization on', run: () => this.readBack() },
      { title: 'Boot the instance from its user data', run: (note) => this.boot(note) },
      { title: 'Ask for a prediction', run: () => this.predict() },
      { title: 'Troubleshoot the serving model', run: (note) => this.troubleshoot(note) },
      ...injected.map((fault) => ({ title: `Find a fault: ${fault.title}`, run: (note: (line: string) => void) => this.troubleshooting!.find(fault, note) })),
      { title: 'Optimize the served model while it is asked', run: (note) => this.optimize(note) },
      { title: 'Benchmark it with MLPerf\'s LoadGen', run: (note) => this.tuning!.benchmark(note) },
      { title: 'Boot the container\'s instance against a recording docker', run: (note) => this.bootContainer(note) },
    ];
  }

  private get isDemo(): boolean {
    return this.options.model === this.workspace.project.demoModel;
  }

  private async prepare(note: (line: string) => void): Promise<string> {
    await prepareStandIns(this.workspace.project, note);
    this.model = this.workspace.basePath(this.options.model);
    this.bin = this.workspace.binaries();
    this.ports = { wheel: await freePort(8501), dlc: await freePort() };
    return `REST port ${this.ports.wheel}`;
  }

  private async startAws(): Promise<string> {
    this.aws = await EmbeddedAws.start(this.workspace);
    this.cdk = new Cdk(this.workspace, this.aws);
    return `${this.aws.endpoint}, ${this.aws.region}`;
  }

  private async bootstrap(note: (line: string) => void): Promise<string> {
    await this.cdk.bootstrap(note);
    return `account ${this.aws.account}`;
  }

  private async deploy(runtime: 'wheel' | 'dlc', note: (line: string) => void): Promise<string> {
    const name = runtime === 'wheel' ? stack : containerStack;
    await this.cdk.deploy({ stack: name, runtime, model: this.model, restPort: this.ports[runtime] }, note);
    const server = await readDeployedServer(this.aws, name);
    if (runtime === 'wheel') this.server = server;
    else this.containerServer = server;
    return `${name}, ${server.resources.length} resources`;
  }

  private async readBack(): Promise<string> {
    await this.aws.enforceAuthorization();
    return `instance ${this.server.instance}, ${Buffer.byteLength(this.server.userData)} bytes of user data`;
  }

  private async boot(note: (line: string) => void): Promise<string> {
    const instance = this.instance = await RehearsedInstance.launch(this.workspace, this.aws, this.server, [this.bin]);
    const status = await instance.boot(note);
    const log = await instance.bootLog();
    this.serverReport = {
      stack,
      resource: this.server.resource,
      instance: this.server.instance,
      signals: await readSignals(this.aws, this.server),
      endpoint: `http://127.0.0.1:${this.ports.wheel}/v1/models/model`,
      servingEnvironment: instance.servingEnvironment(),
      withoutEffect: await instance.withoutEffect(),
      bootSeconds: log?.event?.seconds,
      phases: log?.event?.phases,
    };
    expectSuccess(instance, status, log);
    await expectOneSuccess(this.aws, this.server);
    return `one SUCCESS signal for ${this.server.resource}`;
  }

  private async predict(): Promise<string> {
    const { endpoint } = this.serverReport as ServerReport;
    const prediction = await ask(`${endpoint}:predict`, this.options.question);
    this.serverReport = { ...this.serverReport as ServerReport, prediction };
    return `${prediction.request} → ${prediction.note ? prediction.answer : 'answered'} in ${prediction.milliseconds} ms`;
  }

  private async troubleshoot(note: (line: string) => void): Promise<string> {
    const { endpoint } = this.serverReport as ServerReport;
    this.troubleshooting = new Troubleshooting(this.workspace, this.aws, this.instance, stack, endpoint);
    return this.troubleshooting.diagnose(this.isDemo, note);
  }

  private async optimize(note: (line: string) => void): Promise<string> {
    const { endpoint } = this.serverReport as ServerReport;
    this.tuning = new Tuning(this.workspace, this.aws, stack, endpoint);
    return this.tuning.optimize(this.options.question, note);
  }

  private async bootContainer(note: (line: string) => void): Promise<string> {
    const server = this.containerServer;
    const standIn = this.workspace.project.path('rehearsal/instance/container');
    const instance = await RehearsedInstance.launch(this.workspace, this.aws, server, [standIn, this.bin]);
    const status = await instance.boot(note);
    const log = await instance.bootLog();
    expectSuccess(instance, status, log);
    await expectOneSuccess(this.aws, server);
    const { image, argv, checks } = readContainerRun(instance.root);
    await instance.end();
    this.containerReport = {
      stack: containerStack, instance: server.instance, image, dockerRun: argv, checks, bootSeconds: log?.event?.seconds, phases: log?.event?.phases,
    };
    const missing = checks.filter((check) => !check.passed).map((check) => check.what);
    if (missing.length) throw new Error(`docker run lacks ${missing.join(', ')}: ${argv.join(' ')}`);
    return `${checks.length} properties of docker run hold`;
  }

  /** What is known so far: also after a failure. */
  report(): Pick<RehearsalReport, 'aws' | 'server' | 'diagnosis' | 'tuning' | 'container' | 'ran' | 'swapped'> {
    const aws = this.aws && { endpoint: this.aws.endpoint, region: this.aws.region, account: this.aws.account };
    return { aws, server: this.serverReport, diagnosis: this.troubleshooting?.report, tuning: this.tuning?.report, container: this.containerReport, ran, swapped };
  }

  keep(): NonNullable<RehearsalReport['kept']> {
    return { folder: this.workspace.folder, stop: `kill ${this.workspace.keep()}`, environment: this.aws.operatorEnvironment };
  }
}

function expectSuccess(instance: RehearsedInstance, status: number, log: Awaited<ReturnType<RehearsedInstance['bootLog']>>): void {
  if (status !== 0) {
    const event = log?.event ?? instance.printedEvent;
    const lines = log?.lines.length ? log.lines : event?.log ?? instance.output;
    throw new BootFailed(event?.phase, event?.cause ?? `the boot ended with status ${status}`, lines.slice(-20));
  }
  // The boot goes on without its log group; an operator then has nothing to read.
  if (!log?.event) throw new BootFailed(undefined, 'the boot succeeded, and wrote no report to its log group', instance.output.slice(-20));
}

export function failureOf(step: string, error: unknown): Failure {
  if (error instanceof BootFailed) return { step, phase: error.phase, cause: error.message, log: error.log };
  if (error instanceof CommandFailed) return { step, cause: error.message, log: error.output.slice(-20) };
  return { step, cause: error instanceof Error ? error.message : String(error), log: [] };
}

const ran = [
  'the template, deployed by the CDK CLI',
  'the user data that AWS handed back for the launched instance',
  'the boot scripts and the model, from the deployed assets in S3',
  'the deployed role\'s permissions, by credentials from IMDSv2, with authorization enforced',
  'the troubleshooting runbook as deployed, sent by graviton-tf diagnose',
  'the optimization and benchmark runbooks as deployed, with TensorFlow\'s own passes and MLCommons\' LoadGen',
  'TensorFlow in a venv of the instance\'s own, behind the wheel runtime\'s model server',
];

const swapped = [
  { onAnInstance: 'AWS', here: 'moto with what it lacks bridged, on loopback' },
  { onAnInstance: 'EC2 (Graviton)', here: 'a folder and this user\'s processes on this CPU' },
  { onAnInstance: 'dnf or apt-get', here: 'a stand-in that installs nothing' },
  { onAnInstance: 'systemctl', here: 'a supervisor that runs the same unit files' },
  { onAnInstance: 'the SSM agent', here: 'a strict runner that does what its source does' },
  { onAnInstance: 'PyPI', here: 'the same wheels, downloaded beforehand' },
  { onAnInstance: 'Docker (second stack only)', here: 'a stand-in that records what it is asked' },
  ...(lacks('curl') ? [{ onAnInstance: 'curl', here: 'a stand-in, since this machine has none' }] : []),
];
