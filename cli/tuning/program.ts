import { spawn } from 'node:child_process';
import { hostname } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { packageRoot } from '../../lib/package-root';
import { CannotTell } from '../cannot-tell';
import { watchForInterruption } from '../interruption';
import { printable } from '../render/printable';
import type { AnyReport, Gathered } from '../result';
import { parseEvent } from './events';
import { StepProgress } from './step-progress';

/** A program of `tuning/` to run on this machine. */
export interface TuningProgram<Report extends AnyReport> {
  readonly python: string;
  /** Such as `tuning.optimize`. */
  readonly module: string;
  readonly args: readonly string[];
  parse(text: string): Report | string;
  /** What an interruption leaves, as a sentence's end. */
  readonly afterInterruption: string;
}

/** How long it may take to end what it had started, once it was told to. */
const patience = 60_000;

/** Runs it, shows its progress, and gives its report. */
export async function runTuningProgram<Report extends AnyReport>({ python, module, args, parse, afterInterruption }: TuningProgram<Report>): Promise<Gathered<Report>> {
  const root = packageRoot();
  const path = [root, join(root, 'userdata/wheel'), process.env.PYTHONPATH].filter(Boolean).join(delimiter);
  // In a group of its own: Ctrl-C reaches us alone, and we tell it to end and clean up.
  const child = spawn(python, ['-m', module, ...args], { stdio: ['ignore', 'pipe', 'pipe'], detached: true, env: { ...process.env, PYTHONPATH: path, PYTHONDONTWRITEBYTECODE: '1' } });
  let late: NodeJS.Timeout | undefined;
  let killed = false;
  const interruption = watchForInterruption(() => {
    child.kill('SIGTERM');
    late = setTimeout(() => {
      killed = true;
      if (child.exitCode === null) process.kill(-(child.pid as number), 'SIGKILL');
    }, patience);
  });
  const progress = new StepProgress();
  const stderr: string[] = [];
  let found: unknown;
  let refusal: string | undefined;
  createInterface(child.stderr).on('line', (line) => { if (line.trim()) stderr.push(line.trim()); });
  createInterface(child.stdout).on('line', (line) => {
    const event = parseEvent(line);
    if (event?.event === 'step') progress.step(printable(event));
    else if (event?.event === 'progress') progress.progress(printable(event));
    else if (event?.event === 'report') found = event.report;
    else if (event?.event === 'refusal') refusal = event.reason;
  });
  try {
    const status = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
    await progress.end(found === undefined);
    if (interruption.happened) return { results: [], interrupted: killed ? `${module} did not end in ${patience / 1000} s and was killed: look for what it left` : afterInterruption };
    if (refusal !== undefined && found === undefined) throw new CannotTell(withCause(refusal, stderr));
    if (found === undefined) throw new CannotTell(failure(module, python, status, stderr));
    const text = JSON.stringify(found, undefined, 2);
    const report = parse(text);
    if (typeof report === 'string') throw new CannotTell(`The report of ${module} cannot be used: ${report}.`);
    return { results: [{ subject: hostname(), report, text }] };
  } finally {
    clearTimeout(late);
    interruption.stop();
  }
}

/** A program that refers to its standard error, which a reader here does not see, is quoted. */
function withCause(refusal: string, stderr: readonly string[]): string {
  const last = stderr.filter((line) => /^[\w.]*(Error|Exception)\b/.test(line)).at(-1);
  return last && refusal.includes('standard error') ? `${refusal.replace(/\.$/, '')} (${last}).` : refusal;
}

function failure(module: string, python: string, status: number | null, stderr: readonly string[]): string {
  const last = stderr.at(-1);
  const [, missing] = /^ModuleNotFoundError: No module named '([\w.]+)'/.exec(last ?? '') ?? [];
  if (missing) return `${python} has no module ${missing}: install it there, or give a Python that has TensorFlow and this project's requirements with --python.`;
  return `${module} ended with status ${status} and gave no report${last ? `: ${last}` : ', nor wrote anything to stderr.'}`;
}
