import { MLPERF, RIGHT_SIZE } from '../../lib/runbooks/runbook-names';
import type { RunbookKind } from '../remote/kind';
import { sendRunbook } from '../remote/send';
import { type Benchmark, parseBenchmark } from '../reports/benchmark';
import { type Sweep, parseSweep } from '../reports/sweep';
import type { Gathered } from '../result';
import { type BenchmarkOptions, type Work, runbookParameters } from './options';

const rightSizing = { word: RIGHT_SIZE, name: 'right-sizing runbook', construct: 'RightSizeRunbook', command: 'graviton-tf benchmark' } as const;

const omitted = ({ omitted: count }: { readonly omitted: number }) => (count ? `${count} entries of its lists are` : undefined);

const benchmarking: RunbookKind<Benchmark> = { ...rightSizing, work: 'benchmark', shorter: 'lower --time', parse: parseBenchmark, omitted };

const sweeping: RunbookKind<Sweep> = { ...rightSizing, command: 'graviton-tf benchmark --sweep', work: 'sweep', shorter: 'lower --time', parse: parseSweep, omitted };

const mlperf: RunbookKind<Benchmark> = {
  word: MLPERF, name: 'MLPerf runbook', construct: 'MlperfRunbook', command: 'graviton-tf benchmark --workload', work: 'benchmark', shorter: 'lower --time or --count', parse: parseBenchmark, omitted,
};

/** Has instances measure their server, or MLPerf's own workloads. */
export async function measureInstances(options: BenchmarkOptions, work: Work): Promise<Gathered> {
  const parameters = runbookParameters(options, work);
  switch (work) {
    case 'benchmark': return sendRunbook({ kind: benchmarking, selection: options, parameters });
    case 'sweep': return sendRunbook({ kind: sweeping, selection: options, parameters });
    case 'mlperf': return sendRunbook({ kind: mlperf, selection: options, parameters });
  }
}
