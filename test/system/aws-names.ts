import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Eta } from 'eta';
import { type Workspace, freePort } from '../../rehearsal/workspace';
import { run } from './command';
import type { Network } from './network';

const here = join(__dirname, 'front');

export interface Behind {
  /** The embedded AWS. */
  readonly endpoint: string;
  readonly region: string;
  /** Of the instance whose turn it is. */
  readonly metadata: string;
  readonly ecrPort: number;
  /** The account whose registry ECR's is. */
  readonly registry: string;
  readonly dockerHubPort: number;
  readonly buckets: readonly string[];
}

/** AWS, and Docker Hub, under their own names in the instances' network, by a certificate authority of this run's own. */
export class AwsNames {
  static async start(workspace: Workspace, network: Network, behind: Behind): Promise<AwsNames> {
    const folder = workspace.directory('front');
    const { region } = behind;
    const services = ['s3', 'logs', 'cloudformation', 'autoscaling', 'sts', 'ssm', 'api.ecr'].map((name) => `${name}.${region}.amazonaws.com`);
    const names = [...services, 'registry-1.docker.io', `${behind.registry}.dkr.ecr.${region}.amazonaws.com`, ...behind.buckets.map((bucket) => `${bucket}.s3.${region}.amazonaws.com`)];
    await run([join(here, 'certificates.sh'), folder, ...names]);
    const agentPort = await freePort();
    const config = join(folder, 'nginx.conf');
    writeFileSync(config, new Eta({ views: here, autoEscape: false, useWith: false }).render('./nginx.conf.eta', {
      folder, agentPort,
      aws: behind.endpoint.replace('localhost', '127.0.0.1'), metadata: behind.metadata, ecrPort: behind.ecrPort, dockerHubPort: behind.dockerHubPort,
      address: network.gateway, metadataPort: network.metadataPort,
    }));
    const leash = workspace.start({ name: 'front', command: ['nginx', '-p', folder, '-c', config], environment: workspace.environment(workspace.directory('home')), cwd: folder });
    const agentEndpoint = `http://${network.gateway}:${agentPort}`;
    for (let tries = 0; !await fetch(agentEndpoint).then(() => true, () => false); tries++) {
      if (leash.ended || tries > 40) throw new Error(`nginx does not answer: ${leash.lines().join(' ')}`);
      await sleep(250);
    }
    return new AwsNames(names, join(folder, 'ca.crt'), agentEndpoint, async () => leash.end());
  }

  private constructor(
    readonly names: readonly string[],
    /** The authority's certificate, for instances to trust. */
    readonly authority: string,
    /** Where the stand-in of the SSM agent reaches the embedded AWS. */
    readonly agentEndpoint: string,
    readonly end: () => Promise<void>,
  ) {}
}
