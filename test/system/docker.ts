import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Workspace } from '../../rehearsal/workspace';
import { run } from './command';

const bridge = 'gtf-docker';

/** A Docker daemon of the test's own: it shares no image, network or container with the machine's. */
export class Docker {
  static async start(workspace: Workspace): Promise<Docker> {
    const folder = workspace.directory('docker');
    await run(['ip', 'link', 'add', bridge, 'type', 'bridge']);
    await run(['ip', 'address', 'add', '10.214.0.1/24', 'dev', bridge]);
    const docker = new Docker(`unix://${join(folder, 'sock')}`, workspace.directory('docker-client'));
    workspace.start({
      name: 'dockerd',
      command: [
        // Its mounts are nobody else's, and go with it however it ends.
        'unshare', '--mount', 'dockerd', '--host', docker.host, '--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec'), '--pidfile', join(folder, 'pid'),
        // The default bridge is the machine's own daemon's. Told of none, it would remove that one.
        '--bridge', bridge,
      ],
      environment: workspace.environment(workspace.directory('home')),
      cwd: folder,
    });
    for (let tries = 0; ; tries++) {
      try {
        await docker.run('version');
        return docker;
      } catch (error) {
        if (tries >= 60) throw error;
        await sleep(500);
      }
    }
  }

  private constructor(readonly host: string, private readonly config: string) {}

  /** The docker command; what it printed. */
  async run(...args: string[]): Promise<string> {
    return run(['docker', ...args], { DOCKER_HOST: this.host, DOCKER_CONFIG: this.config, DOCKER_BUILDKIT: '0' });
  }
}
