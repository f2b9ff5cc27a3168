import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const authorities = '/etc/ssl/certs/ca-certificates.crt';

/** Has a root file system trust whom this machine trusts: behind a proxy of one's own, PyPI has another certificate. */
export function trustAsHere(root: string): void {
  const pip = join(root, 'etc/pip.conf');
  mkdirSync(dirname(pip), { recursive: true });
  // pip brings authorities of its own, and would ask no others.
  writeFileSync(pip, `[global]\ncert = ${authorities}\n`);
  if (existsSync(authorities)) cpSync(authorities, join(root, 'usr/local/share/ca-certificates/here.crt'));
}
