import { z } from 'zod';
import { machine, software } from './machine';
import { head, number, parseAs, text, yesOrNo } from './parse';

const spec = z.looseObject({ name: z.string(), dtype: text, shape: z.array(z.number().nullable()).nullish() });
const signature = z.looseObject({ name: z.string(), inputs: z.array(spec).default([]), outputs: z.array(spec).default([]) });

/** As the troubleshooting runbook has them. */
const kernel = z.looseObject({
  primitive: z.string(), implementation: z.string(), kind: z.string(), shape: z.string(), count: z.number(), milliseconds: number, share: number, remedy: text,
});

const measured = z.looseObject({
  nodes: number,
  bytes: number,
  loadSeconds: number,
  medianMilliseconds: number,
  p99Milliseconds: number,
  /** Examples a second. */
  throughput: number,
  /** 0 to 1. */
  referenceShare: number,
  kernels: z.array(kernel).default([]),
});
export type Measured = z.infer<typeof measured>;

const optimization = z.looseObject({
  ...head,
  kind: z.literal('optimization'),
  machine: machine.default({}),
  software: software.default({}),
  model: z.looseObject({ path: text, version: number, format: text, signatures: z.array(signature).default([]) }),
  outcome: z.string(),
  reason: text,
  // `archive` is the copy in the results bucket, for the instances to come.
  published: z.looseObject({ version: number, path: text, archive: text }).nullish(),
  passes: z.array(z.looseObject({ name: z.string(), nodesBefore: number, nodesAfter: number, seconds: number, note: text })).default([]),
  accuracy: z.looseObject({
    requests: number,
    from: text,
    tolerance: z.looseObject({ absolute: number, relative: number }).nullish(),
    maxAbsolute: number,
    maxRelative: number,
    worst: z.looseObject({ signature: text, output: text }).nullish(),
    passed: yesOrNo,
  }).nullish(),
  // Empty where it came to no measurement.
  before: measured.nullish(),
  after: measured.nullish(),
  speedup: z.looseObject({ median: number, throughput: number, pairs: number, batch: number }).nullish(),
  bf16: z.looseObject({ available: yesOrNo, why: text, maxAbsolute: number, maxRelative: number, passed: yesOrNo, speedup: number }).nullish(),
});
export type Optimization = z.infer<typeof optimization>;

export function parseOptimization(json: string): Optimization | string {
  return parseAs(optimization, 'optimization', json);
}
