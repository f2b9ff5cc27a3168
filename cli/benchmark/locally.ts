import { parseBenchmark } from '../reports/benchmark';
import { parseSweep } from '../reports/sweep';
import type { AnyReport, Gathered } from '../result';
import { runTuningProgram } from '../tuning/program';
import { tuningPython } from '../tuning/python';
import { type BenchmarkOptions, type Work, programArguments } from './options';

/** Measures a model of this machine, or a server from here. */
export async function measureHere(options: BenchmarkOptions, work: Work): Promise<Gathered> {
  const sweeping = work === 'sweep';
  const { results, interrupted } = await runTuningProgram<AnyReport>({
    python: tuningPython(options.python),
    module: sweeping ? 'tuning.sweep' : 'tuning.benchmark',
    args: programArguments(options, work),
    parse: sweeping ? parseSweep : parseBenchmark,
    afterInterruption: sweeping ? 'the sweep was ended, and its servers with it' : 'the benchmark was ended',
  });
  return { interrupted, results: results.map((result) => ({ ...result, subject: options.model ?? options.endpoint as string })) };
}
