import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import type { Figure } from './figures';
import { python } from './python';

interface Candidate {
  readonly settings: object;
  readonly status: string;
  readonly throughput?: number | null;
  readonly p99Milliseconds?: number | null;
}

interface Sweep {
  readonly candidates: readonly Candidate[];
  readonly default: number;
  readonly best: number;
  readonly gain: number;
}

const BUDGET_SECONDS = 120;

/** Throughput of the best serving options that the sweep finds over the default's, of the demo model. */
export function sweep(): Figure {
  const folder = mkdtempSync(path.join(tmpdir(), 'graviton-tf-bench-'));
  try {
    const report = path.join(folder, 'sweep.json');
    python(['-m', 'tuning.sweep', '--model', '.cache/demo-model', '--seconds', String(BUDGET_SECONDS), '--report', report]);
    const { candidates, best, gain, default: first } = JSON.parse(readFileSync(report, 'utf8')) as Sweep;
    const count = (status: string) => candidates.filter((candidate) => candidate.status === status).length;
    return {
      name: 'sweep: requests per second of the best over the default serving options, the demo model', value: Number(gain.toFixed(2)), unit: '×',
      details: { budgetSeconds: BUDGET_SECONDS, measured: count('measured'), stopped: count('stopped'), skipped: count('skipped'), default: candidates[first], best: candidates[best] },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
