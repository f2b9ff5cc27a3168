import { type Terminal, seconds } from '../terminal';
import type { BootReport } from './report';

export function renderBoot(report: BootReport, terminal: Terminal): void {
  terminal.line(headline(report, terminal));
  terminal.line();
  terminal.rows([
    ['instance', report.instance],
    ['when', report.at],
    ['cause', report.cause],
    ['deployment', deployment(report)],
    ['boot took', report.seconds === undefined ? undefined : seconds(report.seconds)],
  ]);
  renderPhases(report.phases ?? {}, terminal);
  renderFindings(report, terminal);
  if (report.outcome === 'failed') {
    terminal.heading(report.logStream ? `Last log lines (${report.logGroup}, ${report.logStream})` : 'Log lines');
    if (report.log.length) terminal.quote(report.log);
    else terminal.paragraph(`None: ${report.logMissing ?? 'the stream is empty'}.`);
  }
  terminal.heading('Next');
  terminal.paragraph(report.next);
}

function renderFindings({ findings = [], stack }: BootReport, terminal: Terminal): void {
  if (!findings.length) return;
  terminal.heading('Checks at the start');
  for (const { id, status, evidence, remediation } of findings) {
    const sign = status === 'FAIL' ? terminal.red('✖') : terminal.yellow('!');
    terminal.marked(`  ${sign}`, [`${id}: ${evidence}`, remediation].filter(Boolean).join('\n'));
  }
  terminal.paragraph(`For all of them, and which kernels run: graviton-tf diagnose --stack ${stack}`);
}

function headline(report: BootReport, terminal: Terminal): string {
  if (report.outcome === 'ready') return `${terminal.green('✔')} ${terminal.bold(`The last boot of ${report.stack} succeeded`)}`;
  const where = report.phase ? ` in phase ${report.phase}` : '';
  const what = report.instance || report.phase ? `The last boot of ${report.stack} failed${where}` : `The deployment of ${report.stack} failed`;
  return `${terminal.red('✖')} ${terminal.bold(what)}`;
}

function deployment({ deployment: { status, failedResource } }: BootReport): string {
  return failedResource ? `${status}, first failure: ${failedResource.logicalId} (${failedResource.type})` : status;
}

/** Bars in proportion, so that the phase worth shortening is seen at once. */
export function renderPhases(phases: Readonly<Record<string, number>>, terminal: Terminal): void {
  const entries = Object.entries(phases);
  if (!entries.length) return;
  const longest = Math.max(...entries.map(([, time]) => time));
  const label = Math.max(...entries.map(([name]) => name.length)) + 2;
  const room = Math.min(30, terminal.columns - label - 14);
  terminal.heading('Phases');
  for (const [name, time] of entries) {
    const bar = '█'.repeat(longest > 0 ? Math.round((time / longest) * room) : 0);
    terminal.line(`  ${terminal.dim(name.padEnd(label))}${seconds(time).padStart(8)}${bar && `  ${terminal.cyan(bar)}`}`);
  }
}
