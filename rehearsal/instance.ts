import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { type BootEvent, type BootLog, findBootLog, lastBootEvent } from '../cli/boot/boot-log';
import { describeDeployment } from '../cli/boot/deployment';
import type { DeployedServer } from './deployed-server';
import type { EmbeddedAws } from './embedded-aws';
import { CommandFailed, type Leash } from './leash';
import { type Workspace, writeScript } from './workspace';

/** What user data must not set itself: through these the same scripts run as an ordinary user (`userdata/README.md`). */
const swaps = ['GTF_ROOT', 'GTF_PACKAGER', 'GTF_SUPERVISOR', 'GTF_LISTEN_ADDRESS', 'GTF_PROC', 'AWS_ENDPOINT_URL', 'AWS_EC2_METADATA_SERVICE_ENDPOINT'];

/** TensorFlow takes some seconds to import, a busy machine a multiple of that. */
const restartSeconds = 90;

/** Tells the phases that run, since a long one prints nothing meanwhile; two lanes run side by side. */
function phaseProgress(note: (line: string) => void): (line: string) => void {
  const running = new Set<string>();
  return (line) => {
    const [, phase, took] = /graviton-tf (\w+) (?:…|(took [\d.]+ s))$/u.exec(line) ?? [];
    if (!phase) return;
    if (!took) running.add(phase);
    else if (running.delete(phase)) note(`${phase} ${took}`);
    if (running.size) note(`${[...running].join(', ')} …`);
  };
}

/** The instance that the group launched, as a folder and an ordinary user's processes. */
export class RehearsedInstance {
  static async launch(workspace: Workspace, aws: EmbeddedAws, server: DeployedServer, bin: readonly string[], name = server.instance): Promise<RehearsedInstance> {
    const exported = swaps.filter((name) => new RegExp(`^\\s*export ${name}=`, 'm').test(server.userData));
    if (exported.length) throw new Error(`user data exports ${exported.join(', ')}, which only a rehearsal may set`);
    const root = workspace.directory(name);
    const metadata = await aws.metadataService(server.instance);
    const { project } = workspace;
    const home = join(root, 'root');
    mkdirSync(home);
    const environment = {
      ...workspace.environment(home, ...bin),
      GTF_ROOT: root,
      GTF_PACKAGER: project.path('rehearsal/instance/packager.sh'),
      GTF_SUPERVISOR: project.path('rehearsal/instance/supervisor.py'),
      GTF_LISTEN_ADDRESS: '127.0.0.1',
      AWS_ENDPOINT_URL: aws.endpoint,
      AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.endpoint,
      PIP_NO_INDEX: '1',
      PIP_FIND_LINKS: project.wheelhouse,
      PIP_CONFIG_FILE: '/dev/null',
    };
    const supervisor = workspace.start({
      name: `supervisor-${server.instance}`, command: [environment.GTF_SUPERVISOR, 'serve'], environment, cwd: root,
    });
    await supervisor.line((line) => line === 'ready', 10);
    // Every machine image that we use brings it along; it comes online while the instance boots.
    const agent = workspace.start({
      name: `ssm-agent-${server.instance}`,
      command: [project.python, project.path('rehearsal/agent'), 'serve', '--endpoint', aws.endpoint, '--instance', server.instance],
      environment,
      cwd: root,
    });
    return new RehearsedInstance(workspace, aws, server, root, environment, agent, [metadata.leash, supervisor, agent]);
  }

  private constructor(
    private readonly workspace: Workspace, private readonly aws: EmbeddedAws, private readonly server: DeployedServer,
    readonly root: string, private readonly environment: Record<string, string>, private readonly agent: Leash, private readonly daemons: readonly Leash[],
  ) {}

  /** Runs the user data as cloud-init does: once, as a file of its own. Returns its exit status. */
  async boot(note: (line: string) => void): Promise<number> {
    const folder = join(this.root, 'var/lib/cloud/instance');
    mkdirSync(folder, { recursive: true });
    const script = join(folder, 'user-data.txt');
    writeScript(script, this.server.userData);
    const boot = this.workspace.start({ name: `boot-${this.server.instance}`, command: [script], environment: this.environment, cwd: this.root });
    const status = await boot.finish(phaseProgress(note));
    this.output = boot.lines();
    return status;
  }

  /** What the boot printed here: the last resort where it could not reach the log group. */
  output: readonly string[] = [];

  get printedEvent(): BootEvent | undefined {
    return lastBootEvent(this.output).event;
  }

  /** What the boot wrote to the log group, read back from AWS. */
  async bootLog(): Promise<BootLog | undefined> {
    const deployment = await describeDeployment(new CloudFormationClient(this.aws.client), this.server.stack, this.aws.region);
    return findBootLog(new CloudWatchLogsClient(this.aws.client), deployment.logGroups, this.server.instance);
  }

  /** Waits until Run Command can reach it. */
  async managed(): Promise<void> {
    await this.agent.line((line) => line.startsWith('{"online"'), 20);
  }

  /** The environment in force. */
  servingEnvironment(): Record<string, string> {
    if (!existsSync(this.servingFile)) return {};
    const lines = readFileSync(this.servingFile, 'utf8').split('\n').filter((line) => line.includes('='));
    return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
  }

  private get servingFile(): string {
    return join(this.root, 'etc/graviton-tf/serving.env');
  }

  private booted: Record<string, string> | undefined;

  /** With changes to the environment that the boot has written, as an administrator makes them: the file, then the unit. */
  async restartServer(changes: Readonly<Record<string, string>>, endpoint: string): Promise<void> {
    this.booted ??= this.servingEnvironment();
    writeFileSync(this.servingFile, Object.entries({ ...this.booted, ...changes }).map(([name, value]) => `${name}=${value}\n`).join(''));
    const restart = this.workspace.start({
      name: `restart-${this.server.instance}`, command: [this.environment.GTF_SUPERVISOR, 'restart', 'graviton-tf.service'], environment: this.environment, cwd: this.root,
    });
    if (await restart.finish() !== 0) throw new CommandFailed('the model server cannot be restarted', restart.lines());
    for (const deadline = Date.now() + restartSeconds * 1000; Date.now() < deadline; await sleep(250)) {
      const answer = await fetch(endpoint).then(async (response) => response.text(), () => '');
      if (answer.includes('"AVAILABLE"')) return;
    }
    throw new Error(`${endpoint} does not answer ${restartSeconds} s after a restart`);
  }

  /** Directives of the units that have no effect for an ordinary user. */
  async withoutEffect(): Promise<string[]> {
    const asked = this.workspace.start({
      name: `directives-${this.server.instance}`, command: [this.environment.GTF_SUPERVISOR, 'without-effect'], environment: this.environment, cwd: this.root,
    });
    await asked.finish();
    return asked.lines();
  }

  async end(): Promise<void> {
    for (const daemon of [...this.daemons].reverse()) await daemon.end();
  }
}
