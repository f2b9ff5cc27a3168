import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { packageRoot } from '../../lib/package-root';
import { renderDocument } from '../../lib/runbooks/render-document';
import { troubleshootDefaults } from '../../lib/runbooks/troubleshoot-defaults';
import { CannotTell } from '../cannot-tell';
import { watchForInterruption } from '../interruption';
import { Progress } from '../progress';
import { findPython } from '../python';
import type { Gathered, Result } from '../result';
import { type DiagnoseOptions, runbookParameters } from './options';
import { type Report, parseReport } from './report';

interface StepEvent {
  readonly event: 'step';
  readonly name: string;
  readonly status: string;
}

interface EndEvent {
  readonly event: 'end';
  readonly status: string;
  readonly steps: ReadonlyArray<{ readonly name: string; readonly status: string; readonly exitCode: number; readonly stdout: string; readonly stderr: string }>;
}

/** Runs the document that a stack deploys on this machine, by the runner that keeps to the SSM agent's ways. */
export async function diagnoseHere(options: DiagnoseOptions): Promise<Gathered<Report>> {
  const python = findPython('A diagnosis on this machine', [3, 10]);
  const root = packageRoot();
  const folder = mkdtempSync(join(tmpdir(), 'graviton-tf-diagnose-'));
  const subject = hostname();
  try {
    const file = join(folder, 'document.json');
    writeFileSync(file, JSON.stringify(renderDocument(join(root, 'runbooks/troubleshoot'), { defaults: troubleshootDefaults() })));
    const command = [join(root, 'rehearsal/agent'), 'run', '--document', file, '--parameters', JSON.stringify(runbookParameters(options))];
    // In a group of its own: Ctrl-C reaches us alone, and we tell it to cancel the command and clean up.
    const child = spawn(python, command, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    const interruption = watchForInterruption(() => child.kill('SIGTERM'));
    const progress = new Progress('the troubleshooting runbook', [subject]);
    const stderr: string[] = [];
    let end: EndEvent | undefined;
    createInterface(child.stderr).on('line', (line) => stderr.push(line));
    createInterface(child.stdout).on('line', (line) => {
      const event = JSON.parse(line) as StepEvent | EndEvent;
      if (event.event === 'step') progress.step(subject, event.name, event.status);
      else end = event;
    });
    const status = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
    progress.state(subject, end?.status ?? 'Failed');
    await progress.end();
    interruption.stop();
    if (interruption.happened) return { results: [], interrupted: 'the diagnosis was cancelled, and what it had started was ended' };
    if (!end) throw new CannotTell(refusal(status, stderr));
    return { results: [resultOf(end, subject)] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The runner refuses what Systems Manager would: a parameter that the document does not allow, above all. */
function refusal(status: number | null, stderr: readonly string[]): string {
  return `The diagnosis could not be started: ${stderr.filter(Boolean).at(-1) ?? `the runner ended with status ${status} and said nothing`}`;
}

function resultOf({ status, steps }: EndEvent, subject: string): Result<Report> {
  const whole = steps.find(({ name }) => name === 'FullReport');
  const text = whole?.stdout.trim() ?? '';
  const report = parseReport(text);
  const failed = steps.filter((step) => step.status !== 'Success' && step.status !== 'Skipped');
  if (typeof report !== 'string') return { subject, report, text, notes: failed.map((step) => `Step ${step.name} ended as ${step.status}.`) };
  const [first] = failed;
  if (!first) throw new CannotTell(`The diagnosis ended as ${status}, and its report cannot be used: ${report}.`);
  const cause = first.stderr.trim().split('\n').at(-1);
  throw new CannotTell(`Step ${first.name} ended as ${first.status}${cause ? `: ${cause}` : ` with status ${first.exitCode} and wrote nothing to stderr.`}`);
}
