import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { join } from 'node:path';

export const repository = join(__dirname, '../..');

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCli {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Outcome>;
}

/** The command line as a user runs it, without any setting of this machine's own. */
export function startCli(args: readonly string[], environment: Readonly<Record<string, string>> = {}, cwd = repository): RunningCli {
  const child = spawn(process.execPath, ['--import', 'tsx', join(repository, 'bin/graviton-tf.ts'), ...args], {
    cwd,
    env: { PATH: process.env.PATH ?? '', HOME: '/nonexistent', AWS_EC2_METADATA_DISABLED: 'true', ...environment },
    stdio: 'pipe',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data) => { stdout += String(data); });
  child.stderr.on('data', (data) => { stderr += String(data); });
  const ended = new Promise<Outcome>((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
  return { child, ended };
}

export async function runCli(args: readonly string[], environment: Readonly<Record<string, string>> = {}, cwd = repository): Promise<Outcome> {
  const { child, ended } = startCli(args, environment, cwd);
  child.stdin.end();
  return ended;
}

export function credentials(endpoint: string): Record<string, string> {
  return { AWS_ENDPOINT_URL: endpoint, AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'secret' };
}
