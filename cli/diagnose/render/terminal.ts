import { draw, tableLines, tableWidth } from '../../render/table';
import type { Terminal } from '../../terminal';
import { type Difference, type Reported, fleetCells, fleetHeadings } from '../fleet';
import { type Check, type Report, type Status, worstFirst } from '../report';
import { headline, kernelCells, kernelHeadings, subjectOf, summaryRows } from './view';

/** Rows of kernels that help a reader; the JSON document has all. */
const mostKernels = 12;

type Paint = (text: string) => string;

function paint(terminal: Terminal, status: Status): Paint {
  return { FAIL: terminal.red, WARN: terminal.yellow, UNKNOWN: terminal.yellow, PASS: terminal.green, SKIP: terminal.dim }[status] ?? terminal.yellow;
}

export function renderReport(report: Report, subject: string, terminal: Terminal): void {
  const sign = [terminal.green('✔'), terminal.red('✖'), terminal.yellow('?')][report.exitCode] ?? '?';
  terminal.marked(sign, terminal.bold(`${headline(report)}: ${subjectOf(report, subject)}`));
  terminal.line();
  terminal.rows(summaryRows(report));
  renderChecks(report, terminal);
  renderKernels(report, terminal);
  if (report.nextStep) {
    terminal.heading('Next');
    terminal.paragraph(report.nextStep.text);
    if (report.nextStep.command) terminal.line(`  ${terminal.cyan(report.nextStep.command)}`);
    if (report.nextStep.source) terminal.line(`  ${terminal.dim(report.nextStep.source)}`);
  }
  renderIssue(report, terminal);
}

/** Whatever needs a hand with its whole evidence first; what passes after it. */
function renderChecks({ checks }: Report, terminal: Terminal): void {
  const room = Math.max(...checks.map(({ status }) => status.length));
  const wanting = worstFirst(checks).filter(({ status }) => status !== 'PASS' && status !== 'SKIP');
  if (wanting.length) terminal.heading('To do');
  for (const { id, status, evidence, remediation, source } of wanting) {
    const sign = `  ${paint(terminal, status)(status.padEnd(room))}`;
    terminal.marked(sign, `${terminal.bold(id)}  ${evidence}`);
    if (remediation) terminal.marked(`${' '.repeat(room + 2)} ${terminal.cyan('→')}`, remediation);
    if (source) terminal.line(`${' '.repeat(room + 5)}${terminal.dim(source)}`);
  }
  const others = checks.filter((check) => !wanting.includes(check));
  if (others.length) terminal.heading('In order, or without meaning here');
  for (const { ids, status, evidence } of grouped(others)) {
    terminal.marked(`  ${paint(terminal, status)(status.padEnd(room))}`, `${ids.join(', ')}${ids.length > 1 ? ':' : ''}  ${evidence}`);
  }
}

/** Rows that are left out for the same reason are told together. */
function grouped(checks: readonly Check[]): ReadonlyArray<{ readonly ids: readonly string[]; readonly status: Status; readonly evidence: string }> {
  const groups = new Map<string, { ids: string[]; status: Status; evidence: string }>();
  for (const { id, status, evidence } of checks) {
    const key = status === 'SKIP' ? evidence : id;
    const group = groups.get(key) ?? { ids: [], status, evidence };
    group.ids.push(id);
    groups.set(key, group);
  }
  return [...groups.values()];
}

function renderKernels({ kernels, kernelsOmitted = 0 }: Report, terminal: Terminal): void {
  if (!kernels.length) return;
  terminal.heading('Kernels');
  const shown = kernels.slice(0, mostKernels);
  const cells = shown.map(kernelCells);
  // Columns without a value, such as times in the oldest logs, take no room.
  const used = kernelHeadings.map((_, column) => cells.some((row) => row[column]));
  const colours = shown.map(({ kind }): Paint => (kind === 'reference' ? terminal.red : kind === 'other' ? (text) => text : terminal.green));
  const rows = cells.map((row, i) => row.filter((_, column) => used[column]).map(colours[i]));
  const head = kernelHeadings.filter((_, column) => used[column]);
  if (tableWidth(head, rows) <= terminal.columns) {
    draw(head, rows, terminal);
  } else {
    // A shape that does not fit beside its kernel stands below it.
    const [heading, ...lines] = tableLines(head.slice(0, -1), rows.map((row) => row.slice(0, -1)), terminal);
    terminal.line(heading);
    for (const [i, line] of lines.entries()) {
      terminal.line(line);
      terminal.line(`      ${terminal.dim(shown[i].shape)}`);
    }
  }
  const more = kernels.length - shown.length + kernelsOmitted;
  if (more > 0) terminal.line(terminal.dim(`  … and ${more} more`));
}

function renderIssue({ issue }: Report, terminal: Terminal): void {
  if (!issue) return;
  terminal.heading(`Issue text${issue.url ? ` for ${issue.url}` : ''}`);
  terminal.line();
  // Neither indented nor wrapped: it is there to be copied.
  terminal.line(issue.title);
  terminal.line();
  terminal.line(issue.body.trimEnd());
}

export function renderFleet(results: readonly Reported[], terminal: Terminal): void {
  draw(fleetHeadings, results.map((result) => {
    const cells = fleetCells(result);
    const worst = cells.length - 1;
    return cells.map((cell, column) => (column === worst ? paint(terminal, cell as Status)(cell) : cell));
  }), terminal);
}

export function renderOutliers(outliers: ReadonlyArray<{ readonly instance: string; readonly differs: readonly Difference[] }>, terminal: Terminal): void {
  if (!outliers.length) return;
  terminal.heading('Outliers');
  for (const { instance, differs } of outliers) {
    terminal.marked(`  ${terminal.yellow('!')}`, `${instance}: ${differs.map(({ row, has, others }) => `${row} is ${has}, others ${others}`).join('; ')}`);
  }
}
