import { escaped, fenced, table } from '../../render/markdown-text';
import type { Result } from '../../result';
import { type Outlier, type Reported, fleetCells, fleetHeadings } from '../fleet';
import { type Report, worstFirst } from '../report';
import { headline, kernelCells, kernelHeadings, subjectOf, summaryRows, webAddress } from './view';

export function reportMarkdown(report: Report, subject: string, level = 1): string {
  const heading = (depth: number, text: string) => `${'#'.repeat(level + depth)} ${text}`;
  const { nextStep, issue } = report;
  return [
    heading(0, escaped(`${subjectOf(report, subject)}: ${headline(report)}`)),
    summaryRows(report).filter(([, text]) => text).map(([label, text]) => `- **${label}**: ${escaped(text as string)}`).join('\n'),
    heading(1, 'Checks'),
    table(['status', 'check', 'evidence', 'what to do'], worstFirst(report.checks).map(({ id, status, evidence, remediation, source }) => [
      status === 'FAIL' || status === 'WARN' ? `**${status}**` : status,
      webAddress(source) ? `[${escaped(id)}](${webAddress(source)?.replace(/[()|]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`)})` : escaped(id),
      escaped(evidence),
      escaped(remediation ?? ''),
    ])),
    ...(report.kernels.length ? [heading(1, 'Kernels'), table(kernelHeadings, report.kernels.map((kernel) => kernelCells(kernel).map(escaped)))] : []),
    ...(report.kernelsOmitted ? [`${report.kernelsOmitted} more were left out.`] : []),
    ...(nextStep ? [heading(1, 'Next'), escaped(nextStep.text), ...(nextStep.command ? [fenced(nextStep.command, 'sh')] : [])] : []),
    ...(issue ? [heading(1, 'Issue text'), ...(issue.url ? [escaped(issue.url)] : []), fenced(`${issue.title}\n\n${issue.body.trimEnd()}`, 'markdown')] : []),
  ].join('\n\n');
}

export function fleetMarkdown(results: readonly Reported[], odd: readonly Outlier[], without: readonly Result[], details: readonly Reported[]): string {
  return [
    `# ${results.length + without.length} instances`,
    table(fleetHeadings, results.map((result) => fleetCells(result).map(escaped))),
    ...(without.length ? ['## Without a report', without.map(({ subject, reason }) => `- ${escaped(`${subject}: ${reason}`)}`).join('\n')] : []),
    ...(odd.length ? ['## Outliers', table(['instance', 'row', 'has', 'others'], odd.flatMap(({ instance, differs }) => differs.map(({ row, has, others }) => [instance, row, has, others].map(escaped))))] : []),
    ...details.map(({ report, subject }) => reportMarkdown(report, subject, 2)),
  ].join('\n\n');
}
