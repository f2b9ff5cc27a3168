import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { basename, join } from 'node:path';
import { packageRoot } from '../../lib/package-root';
import { CannotTell } from '../cannot-tell';
import { findPython } from '../python';
import type { Gathered } from '../result';
import { type Report, parseReport } from './report';

/** Judges the logs of one run by the same file that the runbook sends to instances. */
export async function diagnoseLog(files: readonly string[]): Promise<Gathered<Report>> {
  for (const file of files) if (file !== '-') checkReadable(file);
  const analyze = join(packageRoot(), 'runbooks/troubleshoot/analyze.py');
  // Behind --, a file whose name begins with a dash is none of its options.
  const child = spawn(findPython('A diagnosis on this machine', [3, 7]), [analyze, '--json', '--', ...files], { stdio: ['inherit', 'pipe', 'pipe'] });
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  const status = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  const text = (await stdout).trimEnd();
  const report = parseReport(text);
  if (typeof report === 'string') {
    const said = (await stderr).trim().split('\n').at(-1);
    throw new CannotTell(`analyze.py gave no report (status ${status}, ${report})${said ? `: ${said}` : ''}`);
  }
  return { results: [{ subject: files.map((file) => (file === '-' ? 'stdin' : basename(file))).join(', '), report, text }] };
}

function checkReadable(file: string): void {
  try {
    accessSync(file, constants.R_OK);
  } catch (error) {
    throw new CannotTell(`--log ${file} cannot be read (${(error as NodeJS.ErrnoException).code}): give your user the right to read it.`);
  }
}

async function collect(stream: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
