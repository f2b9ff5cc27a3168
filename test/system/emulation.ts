import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './command';
import { kept } from './kept';
import type { Architecture } from './machine-image';

const here = join(__dirname, 'emulation');

const own = process.arch === 'x64' ? 'amd64' : process.arch;

export function isEmulated(architecture: Architecture): boolean {
  return architecture !== own;
}

/** Lays over an instance's root what qemu cannot run there. */
export async function layNativeTools(root: string): Promise<void> {
  await run([join(here, 'native-tools.sh'), root]);
}

/**
 * Has this machine run programs of another architecture, which is arm64 on x86-64 only: all others are its own.
 *
 * @returns takes it back
 */
export async function emulate(architecture: Architecture): Promise<() => Promise<void>> {
  if (!isEmulated(architecture)) return async () => {};
  if (architecture !== 'arm64') throw new Error(`an instance of ${architecture} needs a machine of that architecture, and this one is ${own}`);
  const qemu = kept('qemu-aarch64');
  if (!existsSync(qemu)) await run([join(here, 'fetch-qemu.sh'), qemu]);
  await run([join(here, 'register.sh'), qemu]);
  return async () => { await run([join(here, 'register.sh')]); };
}
