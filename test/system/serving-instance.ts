import { setTimeout as sleep } from 'node:timers/promises';
import { type Prediction, ask, toneQuestion } from '../../rehearsal/prediction';
import type { BootedInstance } from './booted-instance';

interface VersionStatus {
  readonly version: string;
  readonly state: string;
}

/** An instance as its clients and its operator see it. */
export class ServingInstance {
  private readonly url: string;

  constructor(private readonly instance: BootedInstance) {
    this.url = `http://${instance.address}:8501/v1/models/model`;
  }

  /** A prediction that anyone can check, from outside the instance. */
  async predict(): Promise<Prediction> {
    return ask(`${this.url}:predict`, toneQuestion());
  }

  /** Versions by their state; empty while nothing answers. */
  async versions(): Promise<Record<string, string>> {
    const answer = await fetch(this.url).then(async (response) => response.json() as Promise<{ model_version_status?: VersionStatus[] }>, () => undefined);
    return Object.fromEntries((answer?.model_version_status ?? []).map(({ version, state }) => [version, state]));
  }

  /** Waits until this version answers, asking for a prediction all the time: how many were answered, and how many not. */
  async untilServed(version: string, seconds: number, whileWaiting: { readonly predict: boolean }): Promise<{ answered: number; lost: number }> {
    const counts = { answered: 0, lost: 0 };
    for (const deadline = Date.now() + seconds * 1000; ; await sleep(1000)) {
      if (whileWaiting.predict) await this.predict().then(() => counts.answered++, () => counts.lost++);
      const versions = await this.versions();
      if (versions[version] === 'AVAILABLE') return counts;
      if (Date.now() > deadline) throw new Error(`version ${version} is not served after ${seconds} s: ${JSON.stringify(versions)}\n${await this.journal()}`);
    }
  }

  /** What its units wrote last. */
  async journal(): Promise<string> {
    return this.instance.shell('journalctl --no-pager --lines 40 --unit "graviton-tf*"');
  }

  /** The processes of the model server that systemd has started, as docker tells. */
  async container(): Promise<{ readonly started: string; readonly image: string }> {
    const [started, image] = (await this.instance.run('docker', 'inspect', '--format', '{{.State.StartedAt}} {{.Config.Image}}', 'graviton-tf')).trim().split(' ');
    return { started, image };
  }

  /** What EC2's metadata service answers to a request for a token: from the instance itself, and from a container of its. */
  async metadata(): Promise<{ instance: string; container: string }> {
    const token = ['--silent', '--max-time', '4', '--output', '/dev/null', '--write-out', '%{http_code}', '-X', 'PUT', '-H', 'X-aws-ec2-metadata-token-ttl-seconds: 60', 'http://169.254.169.254/latest/api/token'];
    const { image } = await this.container();
    return {
      instance: (await this.instance.shell(`curl ${token.map((word) => `'${word}'`).join(' ')}`)).trim(),
      container: (await this.instance.shell(`docker run --rm --network bridge ${image} curl ${token.map((word) => `'${word}'`).join(' ')}`)).trim(),
    };
  }
}
