import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { repository } from '../cli/run-cli';

jest.setTimeout(180_000);

function start(): { readonly child: ChildProcess; readonly progress: () => string; readonly ended: Promise<number | null> } {
  const child = spawn(process.execPath, ['--import', 'tsx', join(repository, 'bin/graviton-tf.ts'), 'rehearse'], {
    cwd: repository, env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '' }, stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => { text += String(data); });
  return { child, progress: () => text, ended: new Promise((resolve) => child.on('close', resolve)) };
}

async function until(condition: () => boolean, seconds: number): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`not within ${seconds} s`);
    await sleep(100);
  }
}

const commandOf = (pid: string | number) => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
};

/** The rehearsal's folder, from the leashes that it started. */
function folderOf(child: ChildProcess): string {
  const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ');
  const [, folder] = children.map((pid) => /leash\.py (\S+)/.exec(commandOf(pid))).find((match) => match) ?? [];
  if (!folder) throw new Error('no leash runs');
  return folder;
}

/** Processes that the rehearsal started: named by their command, their environment or where they work. */
function processesOf(folder: string): string[] {
  return readdirSync('/proc').filter((pid) => /^\d+$/.test(pid)).filter((pid) => {
    try {
      return commandOf(pid).includes(folder) || readFileSync(`/proc/${pid}/environ`, 'utf8').includes(folder);
    } catch {
      return false;
    }
  }).map((pid) => `${pid} ${commandOf(pid)}`);
}

test.each<[NodeJS.Signals, string]>([
  ['SIGINT', 'cdk bootstrap'],
  ['SIGTERM', 'cdk deploy with the wheel runtime'],
  ['SIGKILL', 'cdk deploy with the wheel runtime'],
])('%s during "%s" leaves no process and no folder', async (signal, step) => {
  const { child, progress, ended } = start();
  try {
    await until(() => progress().includes(`[STARTED] ${step}`), 90);
    // The CLI has started its own children by now.
    await sleep(1500);
    const folder = folderOf(child);
    expect(processesOf(folder).length).toBeGreaterThan(3);
    expect(existsSync(folder)).toBe(true);
    child.kill(signal);
    const code = await ended;
    if (signal === 'SIGKILL') {
      await until(() => processesOf(folder).length === 0 && !existsSync(folder), 20);
    } else {
      expect(code).toBe(130);
      expect(progress()).toContain('Interrupted: every process was ended, and the folder removed.');
    }
    expect({ processes: processesOf(folder), folder: existsSync(folder) }).toEqual({ processes: [], folder: false });
  } finally {
    child.kill('SIGKILL');
  }
});
