import { z } from 'zod';
import { settings, workload } from './benchmark';
import { machine, software } from './machine';
import { head, number, parseAs, text } from './parse';

const candidate = z.looseObject({
  settings,
  /** measured, stopped (it could not win any more), skipped or failed. */
  status: z.string(),
  why: text,
  clients: number,
  /** Samples a second. */
  throughput: number,
  medianMilliseconds: number,
  p99Milliseconds: number,
  seconds: number,
});
export type Candidate = z.infer<typeof candidate>;

const sweep = z.looseObject({
  ...head,
  kind: z.literal('sweep'),
  machine: machine.default({}),
  software: software.default({}),
  budgetSeconds: number,
  seconds: number,
  maxLatencyMilliseconds: number,
  workload: workload.default({}),
  candidates: z.array(candidate),
  /** Which of the candidates. */
  default: number,
  best: number,
  /** The best one's throughput over the default's. */
  gain: number,
  recommendation: z.looseObject({ servingOptions: z.record(z.string(), z.unknown()).nullish(), typescript: text, context: text, text }).nullish(),
  applied: z.looseObject({ outcome: z.string(), reason: text, before: z.unknown().optional(), after: z.unknown().optional() }).nullish(),
});
export type Sweep = z.infer<typeof sweep>;

export function parseSweep(json: string): Sweep | string {
  return parseAs(sweep, 'sweep', json);
}
