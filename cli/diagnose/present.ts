import { resolve } from 'node:path';
import { CannotTell } from '../cannot-tell';
import { write } from '../present';
import { printable } from '../render/printable';
import { type Gathered, type Result, exitCode } from '../result';
import { Terminal } from '../terminal';
import { type Reported, detailed, outliers } from './fleet';
import type { DiagnoseOptions } from './options';
import type { Report } from './report';

/** Prints what was found the way it was asked for, and gives the exit code. */
export async function present({ results }: Gathered<Report>, options: DiagnoseOptions): Promise<number> {
  const [stdout, stderr] = [new Terminal(process.stdout), new Terminal(process.stderr)];
  const reported = results.filter((result): result is Reported => result.report !== undefined);
  const without = results.filter(({ report }) => !report);
  if (!reported.length) throw new CannotTell(without.map(({ reason }) => reason).join('\n'));
  for (const { subject, notes = [] } of reported) for (const note of notes) stderr.marked(stderr.yellow('!'), printable(`${subject}: ${note}`));

  const several = results.length > 1;
  const shown = reported.map((result): Reported => ({ ...result, report: printable(result.report) }));
  const odd = several ? outliers(shown) : [];
  const details = several ? detailed(shown, odd) : shown;
  if (options.html !== undefined) {
    const { reportPage } = await import('./render/html');
    write('--html', options.html, reportPage({ results: shown, outliers: odd, without: printable(without), details }));
    stderr.line(`The page is in ${resolve(options.html)}.`);
  }
  if (options.json) {
    stdout.line(several ? fleetJson(results, reported) : reported[0].text as string);
  } else if (options.markdown) {
    const { fleetMarkdown, reportMarkdown } = await import('./render/markdown');
    stdout.line(several ? fleetMarkdown(shown, odd, printable(without), details) : reportMarkdown(shown[0].report, shown[0].subject));
  } else {
    const { renderFleet, renderOutliers, renderReport } = await import('./render/terminal');
    if (several) {
      renderFleet(shown, stdout);
      for (const { reason } of printable(without)) stdout.marked(stdout.yellow('?'), reason as string);
      renderOutliers(odd, stdout);
    }
    for (const { report, subject } of details) {
      if (several) stdout.line();
      renderReport(report, subject, stdout);
    }
  }
  return exitCode(results);
}

function fleetJson(results: readonly Result[], reported: readonly Reported[]): string {
  const unknown = results.filter(({ report }) => !report).map(({ subject, reason }) => ({ instance: subject, reason }));
  return JSON.stringify({
    schemaVersion: 1,
    exitCode: exitCode(results),
    instances: reported.map(({ report }) => report),
    outliers: outliers(reported),
    ...(unknown.length && { unknown }),
  }, undefined, 2);
}
