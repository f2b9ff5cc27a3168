import { spawnSync } from 'node:child_process';
import { CannotTell } from './cannot-tell';

/** A Python that is new enough for `what`, from the PATH. */
export function findPython(what: string, oldest: readonly [major: number, minor: number]): string {
  const found: string[] = [];
  for (const name of ['python3', 'python']) {
    const { stdout, status } = spawnSync(name, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'], { encoding: 'utf8', timeout: 20_000 });
    if (status !== 0) continue;
    const [major, minor] = stdout.trim().split('.').map(Number);
    if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return name;
    found.push(`${name} is ${stdout.trim()}`);
  }
  throw new CannotTell(`${what} needs Python ${oldest.join('.')} or later${found.length ? ` (${found.join(', ')})` : ''}: install python3, or add it to the PATH.`);
}
