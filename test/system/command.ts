import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const mostOutput = 64 * 1024 * 1024;

/** Runs a command to its end; its output. @throws with the last lines of what it said */
export async function run([file, ...args]: readonly [string, ...string[]], environment: Readonly<Record<string, string>> = {}): Promise<string> {
  try {
    return (await promisify(execFile)(file, args, { env: { ...process.env, ...environment }, maxBuffer: mostOutput })).stdout;
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: number | string; stdout?: string; stderr?: string };
    throw new Error(`${[file, ...args].join(' ').slice(0, 300)} ended with ${code}:\n${`${stdout}\n${stderr}`.trim().split('\n').slice(-25).join('\n')}`);
  }
}
