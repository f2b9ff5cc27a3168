import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { type Report, parseReport } from '../../cli/diagnose/report';
import { Cdk } from '../../rehearsal/cdk';
import { type DeployedServer, readDeployedServer } from '../../rehearsal/deployed-server';
import { EmbeddedAws } from '../../rehearsal/embedded-aws';
import { Project } from '../../rehearsal/project';
import { Workspace, freePort } from '../../rehearsal/workspace';
import { runCli } from '../cli/run-cli';
import { AwsNames } from './aws-names';
import { BootedInstance } from './booted-instance';
import { Docker } from './docker';
import { emulate } from './emulation';
import { type Architecture, baseImage } from './machine-image';
import { checkMachine } from './needs';
import { type Network, cleanNetworks, makeNetwork } from './network';
import { Registry } from './registry';

/** AWS's account of Deep Learning Containers, and the bucket that models come from. */
const account = '763104351884';
const bucket = 'gtf-system-models';

/** This machine as a region: an AWS, an ECR with images in it, and room for one instance at a time. */
export class Machine {
  static async start(architecture: Architecture): Promise<Machine> {
    checkMachine();
    const workspace = new Workspace(Project.find());
    const machine = new Machine(workspace, architecture);
    try {
      await cleanNetworks();
      await machine.prepare();
      return machine;
    } catch (error) {
      await machine.end();
      throw error;
    }
  }

  aws!: EmbeddedAws;
  docker!: Docker;
  /** Of AWS's Deep Learning Containers. */
  ecr!: Registry;
  dockerHub!: Registry;
  base!: string;
  private cdk!: Cdk;
  private network!: Network;
  private leaveEmulation: () => Promise<void> = async () => {};
  private running: { instance: BootedInstance; end: () => Promise<void> } | undefined;

  private constructor(readonly workspace: Workspace, readonly architecture: Architecture) {}

  private async prepare(): Promise<void> {
    const { workspace } = this;
    this.leaveEmulation = await emulate(this.architecture);
    this.docker = await Docker.start(workspace);
    this.base = await baseImage(workspace, this.docker, this.architecture);
    this.network = await makeNetwork(this.docker, await freePort());
    // The password is moto's, for each registry.
    this.ecr = await Registry.start(workspace, this.docker, 'ecr', `${account}-auth-token`);
    this.dockerHub = await Registry.start(workspace, this.docker, 'docker-hub');
    this.aws = await EmbeddedAws.start(workspace);
    this.cdk = new Cdk(workspace, this.aws);
    await this.cdk.bootstrap(() => {});
    await this.s3.send(new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: { LocationConstraint: 'us-west-2' } }));
  }

  private get s3(): S3Client {
    return new S3Client({ ...this.aws.client, forcePathStyle: true });
  }

  /** Uploads a SavedModel as a version of the model. */
  async publish(model: string, version: number): Promise<void> {
    for (const entry of readdirSync(model, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const file = join(entry.parentPath, entry.name);
      const Key = `models/demo/${version}/${file.slice(model.length + 1)}`;
      await this.s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: readFileSync(file) }));
    }
  }

  /** Deploys the app with this runtime and the published model, by the CDK CLI. */
  async deploy(stack: string, runtime: string): Promise<DeployedServer> {
    await this.cdk.deploy({ stack, runtime, model: `s3://${bucket}/models/demo`, restPort: 8501 }, () => {});
    return readDeployedServer(this.aws, stack);
  }

  /** Launches what the group has launched; one that runs is ended first, as there is room for one. */
  async launch(server: DeployedServer, base = this.base): Promise<BootedInstance> {
    await this.running?.end();
    const { workspace, network } = this;
    const metadata = await this.aws.metadataService(server.instance);
    const buckets = [bucket, `cdk-hnb659fds-assets-${this.aws.account}-${this.aws.region}`];
    const names = await AwsNames.start(workspace, network, {
      endpoint: this.aws.endpoint, region: this.aws.region, metadata: metadata.endpoint, ecrPort: this.ecr.port, dockerHubPort: this.dockerHub.port, registry: account, buckets,
    });
    const instance = await BootedInstance.launch(workspace, { docker: this.docker, network, names, base, architecture: this.architecture, server });
    this.running = {
      instance,
      end: async () => {
        this.running = undefined;
        await instance.end();
        await names.end();
        await metadata.leash.end();
      },
    };
    return instance;
  }

  /** A machine image that has Amazon Linux's commands, of a stand-in repository, in the place of Debian's. */
  async amazonLinux(version: '2' | '2023'): Promise<string> {
    const tag = `graviton-tf-amazon-linux:${version}`;
    await this.docker.run('build', '--quiet', '--build-arg', `BASE=${this.base}`, '--build-arg', `VERSION=${version}`, '--tag', tag, join(__dirname, 'amazon-linux'));
    return tag;
  }

  /** What an operator's `graviton-tf diagnose` finds. */
  async diagnose(stack: string, options: readonly string[]): Promise<Report> {
    const { stdout, stderr } = await runCli(['diagnose', '--stack', stack, '--json', ...options], this.aws.operatorEnvironment);
    const report = parseReport(stdout);
    if (typeof report === 'string') throw new Error(`graviton-tf diagnose: ${report}: ${stderr}`);
    return report;
  }

  /** What an operator's `graviton-tf why` says of the newest boot. */
  async why(stack: string): Promise<string> {
    const { stdout, stderr } = await runCli(['why', '--stack', stack], this.aws.operatorEnvironment);
    return `${stdout}\n${stderr}`;
  }

  async end(): Promise<void> {
    await this.running?.end();
    await this.workspace.end();
    await cleanNetworks();
    await this.leaveEmulation();
  }
}
