import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { CannotTell } from './cannot-tell';
import { INTERRUPTED } from './interruption';
import type { OutputOptions } from './options';
import type { Column, Page, Row } from './render/page';
import { printable } from './render/printable';
import { type AnyReport, type Gathered, type Reported, type Result, exitCode } from './result';
import { Terminal } from './terminal';

/** How a kind of report is shown: whole, and among those of several instances. */
export interface View<Report extends AnyReport> {
  readonly columns: readonly Column[];
  /** One, or one for each thing that was measured. */
  rows(reported: Reported<Report>): readonly Row[];
  page(report: Report, subject: string): Page;
}

/** Prints what was found the way it was asked for, and gives the exit code. */
export async function present<Report extends AnyReport>({ results }: Gathered<Report>, view: View<Report>, options: OutputOptions): Promise<number> {
  const stderr = new Terminal(process.stderr);
  const reported = results.filter((result): result is Reported<Report> => result.report !== undefined);
  const without = printable(results.filter(({ report }) => !report));
  if (!reported.length) throw new CannotTell(results.map(({ reason }) => reason).join('\n'));
  for (const { subject, notes = [] } of reported) for (const note of notes) stderr.marked(stderr.yellow('!'), printable(`${subject}: ${note}`));

  const shown = reported.map((result): Reported<Report> => ({ ...result, report: printable(result.report) }));
  const pages = shown.map(({ report, subject }) => view.page(report, subject));
  const several = results.length > 1 ? overview(shown, without, view) : undefined;
  await print(several ? [several, ...pages] : pages, jsonOf({ results }), options, several ? 1 : Infinity);
  return exitCode(results);
}

/** The same pages on stdout and in the file that was asked for; on a terminal the first few. */
export async function print(pages: readonly Page[], json: string, { json: asJson, markdown: asMarkdown, html }: OutputOptions, mostOnTerminal = Infinity): Promise<void> {
  const [stdout, stderr] = [new Terminal(process.stdout), new Terminal(process.stderr)];
  if (html !== undefined) {
    const { htmlPage } = await import('./render/page-html');
    write('--html', html, htmlPage(pages));
    stderr.line(`The page is in ${resolve(html)}.`);
  }
  if (asJson) {
    stdout.line(json);
  } else if (asMarkdown) {
    const { markdown } = await import('./render/page-markdown');
    stdout.line(pages.map((page, i) => markdown(page, i ? 2 : 1)).join('\n\n'));
  } else {
    const { renderPage } = await import('./render/page-terminal');
    for (const page of pages.slice(0, mostOnTerminal)) renderPage(page, stdout);
  }
}

function overview<Report extends AnyReport>(shown: ReadonlyArray<Reported<Report>>, without: readonly Result[], view: View<Report>): Page {
  return {
    title: `${shown.length + without.length} instances`,
    tone: 'plain',
    blocks: [
      { block: 'table', columns: view.columns, rows: shown.flatMap((result) => view.rows(result)) },
      ...without.map(({ subject, reason = '' }) => ({ block: 'note', tone: 'warning', text: `${subject}: no report. ${reason}` } as const)),
    ],
  };
}

/** The report exactly as it was written; those of several instances as one document. */
export function jsonOf({ results }: Gathered): string {
  if (results.length === 1) return results[0].text as string;
  const unknown = results.filter(({ report }) => !report).map(({ subject, reason }) => ({ instance: subject, reason }));
  const instances = results.filter(({ report }) => report).map(({ text }) => JSON.parse(text as string) as unknown);
  return JSON.stringify({ schemaVersion: 1, exitCode: exitCode(results), instances, ...(unknown.length && { unknown }) }, undefined, 2);
}

export function write(flag: string, file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new CannotTell(`${flag} ${file} cannot be written (${(error as NodeJS.ErrnoException).code}): choose another file.`);
  }
}

export function presentInterruption(done: string, { json }: OutputOptions): number {
  const [stdout, stderr] = [new Terminal(process.stdout), new Terminal(process.stderr)];
  if (json) stdout.line(JSON.stringify({ schemaVersion: 1, exitCode: INTERRUPTED, reason: `interrupted: ${done}` }, undefined, 2));
  stderr.marked(stderr.yellow('■'), `Interrupted: ${done}.`);
  return INTERRUPTED;
}

/** What could not be told is a document as well, for who reads the JSON. */
export async function answering(options: OutputOptions, work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (options.json && error instanceof CannotTell) {
      new Terminal(process.stdout).line(JSON.stringify({ schemaVersion: 1, exitCode: 2, reason: error.message }, undefined, 2));
    }
    throw error;
  }
}
