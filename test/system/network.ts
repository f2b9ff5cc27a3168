import { join } from 'node:path';
import { run } from './command';
import type { Docker } from './docker';

/** Takes back what networks have left, also those of a run that was killed. */
export async function cleanNetworks(): Promise<void> {
  await run([join(__dirname, 'network/clean.sh')]);
}

/** The network that instances are in, as Docker makes it. */
export interface Network {
  readonly name: string;
  /** This machine's address in it: where AWS's names lead. */
  readonly gateway: string;
  /** The instance's. */
  readonly address: string;
  /** The port here that answers for 169.254.169.254:80. */
  readonly metadataPort: number;
}

const bridge = 'gtf-system';
const metadata = '169.254.169.254';

/**
 * A network with a way out (packages come from Debian's mirror) and with EC2's metadata address in it. As on an
 * instance whose hop limit is 1, the address answers the instance, and nothing that is behind one more hop: containers.
 */
export async function makeNetwork(docker: Docker, metadataPort: number): Promise<Network> {
  const [subnet, gateway, address] = ['10.213.0.0/24', '10.213.0.1', '10.213.0.10'];
  await docker.run('network', 'create', '--subnet', subnet, '--gateway', gateway, '--opt', `com.docker.network.bridge.name=${bridge}`, bridge);
  const rules = [
    ['-t', 'nat', 'PREROUTING', '-i', bridge, '-d', metadata, '-p', 'tcp', '--dport', '80', '-j', 'DNAT', '--to-destination', `${gateway}:${metadataPort}`],
    ['-t', 'mangle', 'POSTROUTING', '-o', bridge, '-m', 'conntrack', '--ctorigdst', metadata, '-j', 'TTL', '--ttl-set', '1'],
  ] as const;
  for (const [flag, table, ...rule] of rules) await run(['iptables', flag, table, '-I', ...rule]);
  return { name: bridge, gateway, address, metadataPort };
}
