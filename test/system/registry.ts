import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Leash } from '../../rehearsal/leash';
import { type Workspace, freePort } from '../../rehearsal/workspace';
import { run } from './command';
import type { Docker } from './docker';

/** Debian's Docker registry, in the place of ECR's or of Docker Hub's. */
export class Registry {
  /** @param password of user AWS, without which it gives nothing; none for one that all may read */
  static async start(workspace: Workspace, docker: Docker, name: string, password?: string): Promise<Registry> {
    const folder = workspace.directory(name);
    const port = await freePort();
    const htpasswd = join(folder, 'htpasswd');
    if (password !== undefined) writeFileSync(htpasswd, await run(['htpasswd', '-nbB', 'AWS', password]));
    const config = join(folder, 'config.yml');
    writeFileSync(config, JSON.stringify({
      version: 0.1,
      storage: { filesystem: { rootdirectory: join(folder, 'data') } },
      http: { addr: `127.0.0.1:${port}`, secret: name },
      ...(password !== undefined && { auth: { htpasswd: { realm: name, path: htpasswd } } }),
    }));
    const leash = workspace.start({ name, command: ['docker-registry', 'serve', config], environment: workspace.environment(workspace.directory('home')), cwd: folder });
    const registry = new Registry(docker, port, leash);
    await registry.answers();
    if (password !== undefined) await docker.run('login', '--username', 'AWS', '--password', password, registry.address);
    return registry;
  }

  private constructor(private readonly docker: Docker, readonly port: number, private readonly leash: Leash) {}

  private get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** @param reference repository and tag, as they are at the one that this stands for */
  async push(image: string, reference: string): Promise<void> {
    await this.docker.run('tag', image, `${this.address}/${reference}`);
    await this.docker.run('push', '--quiet', `${this.address}/${reference}`);
  }

  /** How many times a manifest was asked for by its tag or digest: what every pull begins with. */
  pulls(): number {
    return this.leash.lines().filter((line) => /"(GET|HEAD) \/v2\/[^ ]+\/manifests\//.test(line)).length;
  }

  private async answers(): Promise<void> {
    for (let tries = 0; tries < 60; tries++) {
      if (await fetch(`http://${this.address}/v2/`).then(({ status }) => [200, 401].includes(status), () => false)) return;
      await sleep(250);
    }
    throw new Error(`the registry does not answer at ${this.address}`);
  }
}
