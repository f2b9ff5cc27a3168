import type { Evidence, Kernel, Report, Status } from '../report';

/** What every rendering says in the same words. */

export function headline({ checks }: Report): string {
  const count = (...statuses: Status[]) => checks.filter(({ status }) => statuses.includes(status)).length;
  const findings = count('FAIL', 'WARN');
  const unknown = count('UNKNOWN');
  const parts = [
    findings ? `${findings} ${findings === 1 ? 'finding' : 'findings'}` : unknown ? 'No findings' : `All ${count('PASS')} checks that apply pass`,
    ...(unknown ? [`${unknown} ${unknown === 1 ? 'check' : 'checks'} could not be told`] : []),
  ];
  return parts.join(', ');
}

/** What was looked at. */
export function subjectOf({ instance, facts }: Report, fallback: string): string {
  const name = instance || fallback;
  return facts?.instanceType ? `${name} (${facts.instanceType})` : name;
}

export function summaryRows(report: Report): ReadonlyArray<readonly [label: string, text: string | undefined]> {
  const { summary, evidence, facts, at } = report;
  const server = facts?.server;
  return [
    ['backend', backendText(report)],
    ['kernels', kernelsText(report)],
    ['BF16', bf16Text(report)],
    ['TensorFlow', summary.tensorflow ?? undefined],
    ['server', server && [server.kind, server.name, server.image].filter(Boolean).join(' ')],
    ['evidence', evidenceText(evidence)],
    ['when', at ?? undefined],
  ];
}

export function backendText({ summary: { backend, onednnVersion, isa, threading } }: Report): string {
  if (backend !== 'onednn') return backend === 'eigen' ? 'Eigen' : 'unknown';
  return [`oneDNN${onednnVersion ? ` ${onednnVersion}` : ''}`, isa, threading && threading !== 'unknown' ? threading : undefined].filter(Boolean).join(', ');
}

function kernelsText({ summary: { primitives, referenceShare, aclShare } }: Report): string | undefined {
  if (!primitives) return undefined;
  return [
    `${primitives} primitives`,
    referenceShare === null || referenceShare === undefined ? undefined : `${percent(referenceShare)} in reference kernels`,
    aclShare === null || aclShare === undefined ? undefined : `${percent(aclShare)} in Arm Compute Library's`,
  ].filter(Boolean).join(', ');
}

export function bf16Text({ summary: { bf16 } }: Report): string {
  const words = ([['available', bf16?.available], ['requested', bf16?.requested], ['used', bf16?.used]] as const)
    .map(([word, value]) => (value === true ? word : value === false ? `not ${word}` : undefined));
  return words.filter(Boolean).join(', ') || 'unknown';
}

export function evidenceText({ kind, replay, log, why, execLines, batch, requests, from, truncated }: Evidence): string {
  const notes = [
    replay && 'a replay: not what the server does now',
    truncated && 'cut short',
    why,
  ].filter(Boolean).join('; ');
  const more = notes ? ` (${notes})` : '';
  if (kind === 'none') return `none${more}`;
  if (kind === 'log') return `the log${log ? ` ${log}` : ''}${execLines === undefined ? '' : `, ${execLines} primitives in it`}${more}`;
  const asked = [requests && `${requests} requests`, batch && `of batch ${batch}`, from && `from ${from}`].filter(Boolean).join(' ');
  return `a shadow of the server${asked ? `, asked ${asked}` : ''}${more}`;
}

export function percent(share: number): string {
  const value = share * 100;
  return value > 0 && value < 1 ? '< 1 %' : `${Math.round(value)} %`;
}

export function milliseconds({ milliseconds: value }: Kernel): string {
  return value === null || value === undefined ? '' : value >= 100 ? value.toFixed(0) : value.toFixed(value >= 1 ? 1 : 3);
}

const remedies: Readonly<Record<string, string>> = { batching: 'batching', optimize: 'optimize the graph', report: 'report it' };

export function remedyText({ remedy }: Kernel): string {
  return remedy ? remedies[remedy] ?? remedy : '';
}

/** Kernel rows' cells, the shape last since it is the longest. */
export const kernelHeadings = ['share', 'ms', 'count', 'primitive', 'implementation', 'kind', 'remedy', 'shape'] as const;

export function kernelCells(kernel: Kernel): string[] {
  const share = kernel.share === null || kernel.share === undefined ? '' : percent(kernel.share);
  return [share, milliseconds(kernel), String(kernel.count), kernel.primitive, kernel.implementation, kernel.kind, remedyText(kernel), kernel.shape];
}

/** Links of a report become links only where they are web addresses. */
export function webAddress(source: string | null | undefined): string | undefined {
  return source && /^https?:\/\/[^\s<>"']+$/.test(source) ? source : undefined;
}
