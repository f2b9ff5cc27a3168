import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Workspace, freePort } from '../../rehearsal/workspace';
import { run } from './command';
import type { Docker } from './docker';

/** Debian's Docker registry in the place of ECR's: it asks for the password that the embedded ECR's token holds. */
export class Ecr {
  static async start(workspace: Workspace, docker: Docker, account: string): Promise<Ecr> {
    const folder = workspace.directory('ecr');
    const ecr = new Ecr(docker, await freePort(), account);
    writeFileSync(join(folder, 'htpasswd'), await run(['htpasswd', '-nbB', 'AWS', ecr.password]));
    const config = join(folder, 'config.yml');
    writeFileSync(config, JSON.stringify({
      version: 0.1,
      storage: { filesystem: { rootdirectory: join(folder, 'data') } },
      http: { addr: `127.0.0.1:${ecr.port}`, secret: ecr.password },
      auth: { htpasswd: { realm: 'ECR', path: join(folder, 'htpasswd') } },
    }));
    workspace.start({ name: 'ecr', command: ['docker-registry', 'serve', config], environment: workspace.environment(workspace.directory('home')), cwd: folder });
    await ecr.answers();
    await docker.run('login', '--username', 'AWS', '--password', ecr.password, ecr.local);
    return ecr;
  }

  private constructor(private readonly docker: Docker, readonly port: number, private readonly account: string) {}

  private get local(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** moto's, for each registry. */
  private get password(): string {
    return `${this.account}-auth-token`;
  }

  /** @param reference repository and tag, as they are in ECR */
  async push(image: string, reference: string): Promise<void> {
    await this.docker.run('tag', image, `${this.local}/${reference}`);
    await this.docker.run('push', '--quiet', `${this.local}/${reference}`);
  }

  private async answers(): Promise<void> {
    for (let tries = 0; tries < 60; tries++) {
      if (await fetch(`http://${this.local}/v2/`).then(({ status }) => status === 401, () => false)) return;
      await sleep(250);
    }
    throw new Error(`the registry does not answer at ${this.local}`);
  }
}
