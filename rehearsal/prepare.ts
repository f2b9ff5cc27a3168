import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { CannotTell } from '../cli/cannot-tell';
import type { Project } from './project';

const running = new Set<() => void>();

/** Runs `setup/prepare.mjs`, which downloads on the first run only. Not on a leash: that needs its Python. */
export async function prepareStandIns(project: Project, note: (line: string) => void): Promise<void> {
  const child = spawn(process.execPath, [project.path('setup/prepare.mjs'), '--quiet'], { cwd: project.root, stdio: ['ignore', 'ignore', 'pipe'] });
  const stop = () => child.kill('SIGTERM');
  running.add(stop);
  const lines: string[] = [];
  createInterface(child.stderr).on('line', (line) => {
    lines.push(line);
    note(line);
  });
  const status = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  running.delete(stop);
  if (status !== 0) throw new CannotTell(lines.filter((line) => !line.startsWith('preparing')).join('\n') || 'the preparation was interrupted');
}

export function stopPreparing(): void {
  for (const stop of running) stop();
}
