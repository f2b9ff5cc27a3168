import type { Benchmark, Scenario } from '../../../cli/reports/benchmark';
import type { Optimization } from '../../../cli/reports/optimization';
import type { Sweep } from '../../../cli/reports/sweep';

const machine = { instance: null, instanceType: 'c7g.xlarge', cpu: 'Neoverse-V1', architecture: 'aarch64', vCpus: 4, memoryBytes: 8 * 1024 ** 3, kernel: '6.1.0', bf16: true };
const software = { tensorflow: '2.20.0', python: '3.11.2', loadgen: '6.0.17', image: 'registry/image:1', digest: 'sha256:abc', commit: 'c0ffee', runtime: 'in-process' };
const at = '2026-11-23T00:00:00Z';

const shape = 'mb1_ic8oc8_ih172oh172kh3sh1dh0ph1_iw264ow264kw39sw1dw0pw19';

/** Published, and faster. */
export function anOptimization(more: object = {}): Optimization {
  const kernels = (milliseconds: number) => [
    { primitive: 'convolution', implementation: 'gemm:ref', kind: 'reference', shape, count: 6, milliseconds, share: 0.9, remedy: 'batching' },
    { primitive: 'reorder', implementation: 'jit:uni', kind: 'jit', shape: '1x2', count: 1, milliseconds: 1, share: 0.1, remedy: null },
  ];
  return {
    schemaVersion: 1, kind: 'optimization', at, exitCode: 0, machine, software, omitted: 0,
    model: { path: '/models/demo', version: 1, format: 'saved-model', signatures: [{ name: 'serving_default', inputs: [{ name: 'x', dtype: 'float32', shape: [null, 224, 224, 3] }], outputs: [] }] },
    outcome: 'published', reason: 'Published: it is 1.43 times as fast.', published: { version: 2, path: '/models/demo/2' },
    passes: [{ name: 'freeze', nodesBefore: 4210, nodesAfter: 160, seconds: 0.4, note: '' }, { name: 'batch-norm folding', nodesBefore: 160, nodesAfter: 150, seconds: 0.1, note: '2 folded into the weights before them, and the words go on until the line is full' }],
    accuracy: { requests: 16, from: 'warm-up assets', tolerance: { absolute: 1e-4, relative: 1e-3 }, maxAbsolute: 2e-6, maxRelative: 1e-5, worst: { signature: 'serving_default', output: 'y' }, passed: true },
    before: { nodes: 4210, bytes: 1310720, loadSeconds: 0.4, medianMilliseconds: 2, p99Milliseconds: 2.5, throughput: 480, referenceShare: 0.9, kernels: kernels(18) },
    after: { nodes: 150, bytes: 655360, loadSeconds: 0.2, medianMilliseconds: 1.4, p99Milliseconds: 2, throughput: 672, referenceShare: 0, kernels: kernels(9) },
    speedup: { median: 1.43, throughput: 1.4, pairs: 5, batch: 1 },
    bf16: { available: true, why: null, maxAbsolute: 0.003, maxRelative: 0.01, passed: false, speedup: 1.8 },
    ...more,
  } as Optimization;
}

export function aScenario(more: object = {}): Scenario {
  return {
    scenario: 'SingleStream', valid: true, why: [], seconds: 600.2, samples: 312000, errors: 0,
    latency: { mean: 1.9, min: 1.2, p50: 1.8, p90: 2.1, p95: 2.2, p97: 2.3, p99: 2.5, p999: 3, max: 4 },
    throughput: 520, targetQps: null, targetLatencyMilliseconds: null, distribution: [[1.2, 0.1], [1.8, 0.5], [4, 1]], overTime: [[0, 512], [1, 525]], summary: { 'Result is': 'VALID' },
    ...more,
  } as Scenario;
}

export const offline = () => aScenario({ scenario: 'Offline', valid: false, why: ['Min duration not satisfied: 10.2 s of 600 s, shortened by --time 10.'], throughput: 800 });

/** SingleStream as MLPerf wants it, Offline shortened. */
export function aBenchmark(more: object = {}): Benchmark {
  return {
    schemaVersion: 1, kind: 'benchmark', at, label: 'c7g.xlarge demo', exitCode: 0, machine, software, omitted: 0,
    environment: { TF_ENABLE_ONEDNN_OPTS: '1' },
    serving: { processes: 1, intraOpThreads: 4, interOpThreads: 1, batching: null, bf16FastMath: true },
    workload: { kind: 'model', model: '/models/demo', signature: 'serving_default', path: 'rest', endpoint: null, batch: 1, requests: 8, from: 'warm-up assets', performanceOnly: false },
    scenarios: [aScenario(), offline()],
    ...more,
  } as Benchmark;
}

/** Two processes are faster than the default; one candidate was stopped, one never tried. */
export function aSweep(more: object = {}): Sweep {
  const settings = (processes: number, batching: object | null = null) => ({ processes, intraOpThreads: 4 / processes, interOpThreads: 1, batching, bf16FastMath: true });
  const candidate = (of: object, status: string, throughput: number | null, p99: number | null, why: string | null = null) => (
    { settings: of, status, why, clients: 8, throughput, medianMilliseconds: p99 && p99 / 2, p99Milliseconds: p99, seconds: throughput && 6.1 });
  return {
    schemaVersion: 1, kind: 'sweep', at, exitCode: 0, machine, software, omitted: 0, budgetSeconds: 120, seconds: 118.2, maxLatencyMilliseconds: null,
    workload: { kind: 'model', model: 'demo', signature: 'serving_default', path: 'rest', endpoint: null, batch: 1, requests: 8, from: 'warm-up assets', performanceOnly: true },
    candidates: [
      candidate(settings(1), 'measured', 415, 9.9), candidate(settings(2), 'measured', 510, 8.8),
      candidate(settings(1, { maxBatchSize: 8, batchTimeoutMicros: 1000 }), 'stopped', 200, 20, '200 examples/s are fewer than the 510 of 2 processes by more than noise'),
      candidate(settings(4), 'skipped', null, null, 'the budget of 120 s was used up by likelier candidates'),
    ],
    default: 0, best: 1, gain: 1.23,
    recommendation: { servingOptions: { processes: 2 }, typescript: 'serving: { processes: 2 },', context: '-c serving=\'{"processes":2}\'', text: 'Run 2 processes: 1.23 times the throughput.' },
    applied: null,
    ...more,
  } as Sweep;
}
