/** The document that `runbooks/troubleshoot/analyze.py` writes, and that `diagnose --json` prints as it is. */
export interface Report {
  readonly schemaVersion: 1;
  readonly at?: string | null;
  readonly instance?: string | null;
  /** 1 if a row is FAIL or WARN, else 2 if one is UNKNOWN, else 0. */
  readonly exitCode: number;
  readonly evidence: Evidence;
  readonly summary: Summary;
  readonly checks: readonly Check[];
  /** By their share of the time, the largest first. */
  readonly kernels: readonly Kernel[];
  /** How many kernels were left out so that the report fits where it is printed. */
  readonly kernelsOmitted?: number;
  /** Ready to paste into Arm's issue tracker. */
  readonly issue?: { readonly title: string; readonly body: string; readonly url?: string } | null;
  readonly nextStep?: { readonly text: string; readonly command?: string | null; readonly source?: string | null } | null;
  readonly facts?: Facts | null;
  readonly recommended?: Readonly<Record<string, unknown>> | null;
}

export interface Evidence {
  readonly kind: 'shadow' | 'log' | 'none';
  readonly replay?: boolean;
  readonly log?: string | null;
  readonly why?: string | null;
  readonly lines?: number;
  readonly execLines?: number;
  readonly truncated?: boolean;
  readonly batch?: number | null;
  readonly requests?: number | null;
  readonly from?: string | null;
}

export interface Summary {
  readonly backend: string;
  readonly onednnVersion?: string | null;
  readonly isa?: string | null;
  readonly threading?: string | null;
  readonly primitives?: number | null;
  /** 0 to 1. */
  readonly referenceShare?: number | null;
  readonly bf16?: { readonly available?: boolean | null; readonly requested?: boolean | null; readonly used?: boolean | null } | null;
  /** 0 to 1. */
  readonly aclShare?: number | null;
  readonly tensorflow?: string | null;
}

/** What the rendering needs of the facts; the document holds more. */
export interface Facts {
  readonly instanceType?: string;
  readonly machine?: string;
  readonly server?: { readonly kind?: string; readonly name?: string; readonly image?: string };
  readonly [fact: string]: unknown;
}

export type Status = 'PASS' | 'WARN' | 'FAIL' | 'SKIP' | 'UNKNOWN';

export interface Check {
  readonly id: string;
  readonly status: Status;
  readonly evidence: string;
  readonly remediation?: string | null;
  readonly source?: string | null;
}

export interface Kernel {
  readonly primitive: string;
  readonly implementation: string;
  readonly kind: string;
  readonly shape: string;
  readonly count: number;
  /** Missing where the log has no times. */
  readonly milliseconds?: number | null;
  /** 0 to 1. */
  readonly share?: number | null;
  readonly remedy?: string | null;
}

/** From the worst to the best. */
const severity: readonly Status[] = ['FAIL', 'WARN', 'UNKNOWN', 'PASS', 'SKIP'];

export function worstStatus(report: Report): Status {
  return severity[Math.min(...report.checks.map(({ status }) => rank(status)))] ?? 'UNKNOWN';
}

/** The smaller the worse; a status that this version does not know is no pass. */
export function rank(status: Status): number {
  const found = severity.indexOf(status);
  return found < 0 ? severity.indexOf('UNKNOWN') : found;
}

/** The report in a text, or why it is none. */
export function parseReport(text: string): Report | string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return text.trim() ? 'it is cut or no JSON' : 'it is empty';
  }
  const report = parsed as Partial<Report> | null;
  if (report?.schemaVersion !== 1) return `its schemaVersion is ${JSON.stringify(report?.schemaVersion)}, and this command line knows 1`;
  const whole = Array.isArray(report.checks) && Array.isArray(report.kernels) && typeof report.summary === 'object' && typeof report.evidence === 'object'
    && [0, 1, 2].includes(report.exitCode as number);
  return whole ? report as Report : 'it lacks a part';
}

/** What needs a hand comes first; rows of a kind keep their order. */
export function worstFirst(checks: readonly Check[]): Check[] {
  return [...checks].sort((a, b) => rank(a.status) - rank(b.status));
}
