import { existsSync } from 'node:fs';
import { lacks } from '../../rehearsal/workspace';

/** Commands that the tests start, and the Debian packages that have them. */
const commands: Record<string, string> = {
  'dockerd': 'docker.io', 'docker-registry': 'docker-registry', 'htpasswd': 'apache2-utils', 'iptables': 'iptables', 'mmdebstrap': 'mmdebstrap', 'nginx': 'nginx-light', 'openssl': 'openssl',
};

/** @throws in one sentence when this machine cannot boot an instance */
export function checkMachine(): void {
  if (process.getuid?.() !== 0) throw new Error('npm run test:system boots instances, and needs root: run it with sudo, or in a virtual machine of its own.');
  const missing = Object.keys(commands).filter((command) => lacks(command));
  if (missing.length) throw new Error(`npm run test:system needs ${missing.join(', ')}: apt-get install ${[...new Set(missing.map((command) => commands[command]))].join(' ')}.`);
  if (!existsSync('/sys/fs/cgroup')) throw new Error('npm run test:system needs control groups, for systemd and Docker in an instance: mount /sys/fs/cgroup.');
}
