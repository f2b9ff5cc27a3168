import type { Reported as AnyReported } from '../result';
import { type Report, rank, worstStatus } from './report';
import { bf16Text } from './render/view';

/** A row or a fact of one instance that most others do not share. */
export interface Difference {
  /** A check's id, or a summary's fact. */
  readonly row: string;
  readonly has: string;
  readonly others: string;
}

export interface Outlier {
  readonly instance: string;
  readonly differs: readonly Difference[];
}

export type Reported = AnyReported<Report>;

/** Facts that one deployment has in common; shares and counts vary by themselves. */
function comparable(report: Report): ReadonlyMap<string, string> {
  const { backend, onednnVersion, isa, threading, tensorflow } = report.summary;
  const facts = Object.entries({ backend, onednnVersion, isa, threading, tensorflow, bf16: bf16Text(report) });
  return new Map([
    ...report.checks.map(({ id, status }) => [id, status] as const),
    ...facts.map(([name, value]) => [`summary.${name}`, value ?? 'unknown'] as const),
  ]);
}

/** Instances that differ from the majority; where none is one, from what the healthier half has. */
export function outliers(results: readonly Reported[]): Outlier[] {
  const healthiestFirst = [...results].sort((a, b) => badness(a.report) - badness(b.report));
  const values = new Map(healthiestFirst.map((result) => [result, comparable(result.report)]));
  const usual = new Map([...new Set([...values.values()].flatMap((rows) => [...rows.keys()]))].map((row) => [row, mostFrequent([...values.values()].map((rows) => rows.get(row) ?? 'missing'))]));
  return results.map((result) => ({
    instance: result.subject,
    differs: [...usual].map(([row, others]) => ({ row, has: values.get(result)?.get(row) ?? 'missing', others })).filter(({ has, others }) => has !== others),
  })).filter(({ differs }) => differs.length);
}

/** Fewer is healthier: the worst row counts first, then how many rows are no pass. */
function badness(report: Report): number {
  const worst = rank(worstStatus(report));
  return report.checks.filter(({ status }) => rank(status) < rank('PASS')).length - worst * 1000;
}

/** On a tie the one that came first. */
function mostFrequent(values: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].reduce((best, candidate) => (candidate[1] > best[1] ? candidate : best))[0];
}

/** Most that are told in full: the JSON document has all. */
const mostDetails = 3;

/** The instances worth their whole report: the outliers, the worst first; without any, the worst of all. */
export function detailed(results: readonly Reported[], odd: readonly Outlier[]): Reported[] {
  const named = new Set(odd.map(({ instance }) => instance));
  const worstFirst = [...results].sort((a, b) => badness(b.report) - badness(a.report));
  const chosen = worstFirst.filter(({ subject }) => named.has(subject));
  return (chosen.length ? chosen : worstFirst.slice(0, 1)).slice(0, mostDetails);
}

export const fleetHeadings = ['instance', 'backend', 'reference', 'BF16', 'threads', 'worst'] as const;

/** One row an instance. */
export function fleetCells({ subject, report }: Reported): string[] {
  const { summary: { backend, onednnVersion, referenceShare, threading }, checks } = report;
  const threads = checks.filter(({ id }) => id.startsWith('threads.')).sort((a, b) => rank(a.status) - rank(b.status))[0]?.status;
  return [
    subject,
    backend === 'onednn' ? `oneDNN ${onednnVersion ?? ''}`.trim() : backend === 'eigen' ? 'Eigen' : 'unknown',
    referenceShare === null || referenceShare === undefined ? '' : `${Math.round(referenceShare * 100)} %`,
    shortBf16(report),
    [threading && threading !== 'unknown' ? threading : undefined, threads].filter(Boolean).join(' '),
    worstStatus(report),
  ];
}

function shortBf16({ summary: { bf16 } }: Report): string {
  if (bf16?.used) return 'used';
  if (bf16?.requested) return 'not used';
  return bf16?.available ? 'off' : bf16?.available === false ? 'no CPU' : 'unknown';
}
