import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Where what takes minutes to make is kept, under names that tell what it was made of: root file systems, installed
 * wheels, qemu. All checkouts of a user share it.
 */
export function kept(name: string): string {
  const folder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'graviton-tensorflow', 'system');
  mkdirSync(folder, { recursive: true });
  return join(folder, name);
}
