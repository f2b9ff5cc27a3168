import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeScript, type Workspace } from '../../rehearsal/workspace';
import type { DeployedServer } from '../../rehearsal/deployed-server';
import type { AwsNames } from './aws-names';
import type { Docker } from './docker';
import { isEmulated, layNativeTools } from './emulation';
import type { Architecture } from './machine-image';
import type { Network } from './network';
import { trustAsHere } from './trust';

const here = join(__dirname, 'instance');
const name = 'gtf-instance';

export interface Launch {
  readonly docker: Docker;
  readonly network: Network;
  readonly names: AwsNames;
  readonly base: string;
  readonly architecture: Architecture;
  readonly server: DeployedServer;
}

/** What `cloud-init status` tells in the end. */
export interface CloudInit {
  readonly status: string;
  readonly detail: string;
}

/** An instance with systemd as its first process, that real cloud-init boots: a container of this machine's kernel. */
export class BootedInstance {
  static async launch(workspace: Workspace, { docker, network, names, base, architecture, server }: Launch): Promise<BootedInstance> {
    const image = `graviton-tf-machine:${architecture}`;
    const context = workspace.directory(`machine-${server.instance}`);
    const root = (...parts: string[]) => join(context, 'root', ...parts);
    cpSync(join(here, 'Dockerfile'), join(context, 'Dockerfile'));
    cpSync(join(here, 'amazon-ssm-agent.service'), root('etc/systemd/system/amazon-ssm-agent.service'));
    cpSync(names.authority, root('usr/local/share/ca-certificates/aws.crt'));
    trustAsHere(root());
    for (const part of ['agent', '__init__.py', 'aws/__init__.py', 'aws/lifetime.py']) cpSync(workspace.project.path('rehearsal', part), root('opt/ssm-agent/rehearsal', part), { recursive: true });
    writeFileSync(root('etc/ssm-agent.env'), `ENDPOINT=${names.agentEndpoint}\nINSTANCE=${server.instance}\n`);
    if (isEmulated(architecture)) await layNativeTools(root());
    await docker.run('build', '--quiet', '--platform', `linux/${architecture}`, '--build-arg', `BASE=${base}`, '--tag', image, context);

    const seed = workspace.directory(`seed-${server.instance}`);
    writeScript(join(seed, 'user-data'), server.userData);
    writeFileSync(join(seed, 'meta-data'), `instance-id: ${server.instance}\nlocal-hostname: ${server.instance}\n`);
    await docker.run(
      'run', '--detach', '--name', name, '--platform', `linux/${architecture}`, '--network', network.name, '--ip', network.address,
      ...names.names.flatMap((each) => ['--add-host', `${each}:${network.gateway}`]),
      // --privileged would ask for what a machine in a container lacks itself.
      '--cap-add', 'ALL', '--cap-drop', 'SYS_RESOURCE', '--security-opt', 'seccomp=unconfined', '--security-opt', 'apparmor=unconfined',
      '--tmpfs', '/run', '--tmpfs', '/run/lock', '--tmpfs', '/tmp:exec', '--volume', '/sys/fs/cgroup:/sys/fs/cgroup:rw',
      '--volume', `${seed}:/var/lib/cloud/seed/nocloud:ro`, '--env', 'container=docker', image,
    );
    return new BootedInstance(docker, network);
  }

  private constructor(private readonly docker: Docker, private readonly network: Network) {}

  /** Where its ports are reached from here. */
  get address(): string {
    return this.network.address;
  }

  /** Runs a command in it; what it printed. */
  async run(...command: string[]): Promise<string> {
    return this.docker.run('exec', name, ...command);
  }

  /** The text that a shell there prints, whatever its status. */
  async shell(script: string): Promise<string> {
    return this.run('bash', '-c', `{ ${script}\n} 2>&1 || :`);
  }

  /** Waits until cloud-init has run the user data to its end. */
  async cloudInit(seconds: number): Promise<CloudInit> {
    for (const deadline = Date.now() + seconds * 1000; ; await sleep(2000)) {
      // Before this it may say "error" of a module while the user data still runs.
      const detail = await this.shell('test -e /var/lib/cloud/instance/boot-finished && cloud-init status --long');
      const status = /^status: (.*)$/m.exec(detail)?.[1];
      if (status !== undefined && status !== 'running') return { status, detail };
      if (Date.now() > deadline) throw new Error(`cloud-init is not through after ${seconds} s: ${detail}\n${await this.bootLog()}`);
    }
  }

  /** @throws with the boot's own words unless cloud-init has run the user data well */
  async booted(seconds: number): Promise<void> {
    const { status, detail } = await this.cloudInit(seconds);
    if (status !== 'done') throw new Error(`${detail}\n${await this.bootLog()}`);
  }

  /** The last lines of what the boot printed. */
  async bootLog(): Promise<string> {
    return this.shell('tail -n 60 /var/log/graviton-tf/boot.log /var/log/cloud-init-output.log');
  }

  /** As an operator's `reboot`: all processes end, the disks stay. */
  async reboot(): Promise<void> {
    await this.run('systemctl', '--no-block', 'poweroff');
    await this.docker.run('wait', name);
    await this.docker.run('start', name);
  }

  async end(): Promise<void> {
    await this.docker.run('rm', '--force', '--volumes', name);
  }
}
