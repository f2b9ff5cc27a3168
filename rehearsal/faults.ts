import type { Report } from '../cli/diagnose/report';

/** Something that makes a server slow: put in, to be found and named, taken out again. */
export interface Fault {
  readonly title: string;
  /** What an administrator has written into the serving environment, past the boot and its limits. */
  readonly serving: Readonly<Record<string, string>>;
  /** A log in `rehearsal/replay`, judged in place of the shadow's; the report must say so. */
  readonly replay?: string;
  /** The row that must say FAIL. */
  readonly row: string;
  /** What its remediation must name. */
  fix(report: Report): RegExp;
}

export interface FoundFault {
  readonly title: string;
  readonly row: string;
  readonly evidence: string;
  readonly fix: string;
  /** Judged by a log from elsewhere. */
  readonly replay: boolean;
}

const threads = 'TENSORFLOW_INTRA_OP_PARALLELISM';

export const faults: readonly Fault[] = [
  {
    title: 'oneDNN switched off',
    serving: { TF_ENABLE_ONEDNN_OPTS: '0' },
    row: 'backend.onednn',
    fix: () => /\bTF_ENABLE_ONEDNN_OPTS=1\b/,
  },
  {
    title: '64 threads on this machine\'s vCPUs',
    serving: { [threads]: '64' },
    row: 'threads.oversubscription',
    fix: ({ recommended }) => new RegExp(`\\b${threads}=${recommended?.intraOp}\\b`),
  },
  {
    title: 'reference kernels of an Arm log',
    serving: {},
    // x86-64 TensorFlow has none, not even under ONEDNN_MAX_CPU_ISA.
    replay: 'aarch64-2.16.1-batch-1.log',
    row: 'kernels.reference',
    fix: () => /\bbatches of 2 or more\b/,
  },
];

/** The row as it was found. @throws when the diagnosis misses the fault, or does not name its fix */
export function findFault(fault: Fault, report: Report): FoundFault {
  const row = report.checks.find(({ id }) => id === fault.row);
  if (row?.status !== 'FAIL') {
    throw new Error(`the diagnosis misses the fault: ${fault.row} ${row ? `says ${row.status} (${row.evidence})` : 'is not in the report'}`);
  }
  const wanted = fault.fix(report);
  if (!wanted.test(row.remediation ?? '')) throw new Error(`${fault.row} names no fix like ${wanted.source}: ${row.remediation ?? 'it has none'}`);
  const replay = report.evidence.replay === true;
  if (replay !== (fault.replay !== undefined)) throw new Error(`the report says that its evidence is ${replay ? 'a replay' : 'the server\'s own'}, and it is not`);
  return { title: fault.title, row: row.id, evidence: row.evidence, fix: row.remediation as string, replay };
}

/** Rows that a server without a fault must not fail: else a fault would be found that nobody injected. */
export function expectHealthy(report: Report): void {
  if (report.evidence.kind !== 'shadow') throw new Error(`no shadow of the server answered: ${report.evidence.why ?? report.evidence.kind}`);
  const rows = new Set(faults.map(({ row }) => row));
  const failed = report.checks.filter(({ id, status }) => rows.has(id) && status === 'FAIL');
  if (failed.length) throw new Error(`without a fault, ${failed.map(({ id, evidence }) => `${id} fails (${evidence})`).join(', ')}`);
}
