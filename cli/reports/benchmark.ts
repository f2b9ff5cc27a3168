import { z } from 'zod';
import { machine, software } from './machine';
import { head, number, parseAs, text, yesOrNo } from './parse';

/** In milliseconds. */
export const percentiles = ['mean', 'min', 'p50', 'p90', 'p95', 'p97', 'p99', 'p999', 'max'] as const;

const points = z.array(z.tuple([z.number(), z.number()])).default([]);

const scenario = z.looseObject({
  scenario: z.string(),
  /** By LoadGen's rules. */
  valid: z.boolean(),
  why: z.array(z.string()).default([]),
  seconds: number,
  samples: number,
  errors: z.number().default(0),
  latency: z.looseObject(Object.fromEntries(percentiles.map((name) => [name, number])) as Record<typeof percentiles[number], typeof number>).nullish(),
  /** Samples a second. */
  throughput: number,
  targetQps: number,
  targetLatencyMilliseconds: number,
  /** Milliseconds, and the share of samples at or below. */
  distribution: points,
  /** The second, and samples a second in it. */
  overTime: points,
  summary: z.record(z.string(), z.unknown()).nullish(),
});
export type Scenario = z.infer<typeof scenario>;

export const workload = z.looseObject({
  kind: text, model: text, signature: text, path: text, endpoint: text, batch: number, requests: number, from: text,
  /** Its accuracy says nothing: the inputs are made up. */
  performanceOnly: yesOrNo,
});
export type Workload = z.infer<typeof workload>;

export const batching = z.looseObject({ maxBatchSize: number, batchTimeoutMicros: number });

/** How a server was set up; null where that is not known. */
export const settings = z.looseObject({ processes: number, intraOpThreads: number, interOpThreads: number, batching: batching.nullish(), bf16FastMath: yesOrNo });
export type Settings = z.infer<typeof settings>;

const benchmark = z.looseObject({
  ...head,
  kind: z.literal('benchmark'),
  label: text,
  machine: machine.default({}),
  software: software.default({}),
  environment: z.record(z.string(), z.unknown()).nullish(),
  serving: settings.nullish(),
  workload: workload.default({}),
  scenarios: z.array(scenario),
});
export type Benchmark = z.infer<typeof benchmark>;

export function parseBenchmark(json: string): Benchmark | string {
  return parseAs(benchmark, 'benchmark', json);
}
