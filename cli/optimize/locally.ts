import { parseOptimization, type Optimization } from '../reports/optimization';
import type { Gathered } from '../result';
import { runTuningProgram } from '../tuning/program';
import { tuningPython } from '../tuning/python';
import { type OptimizeOptions, programArguments } from './options';

/** Optimizes a model of this machine. */
export async function optimizeHere(options: OptimizeOptions): Promise<Gathered<Optimization>> {
  const { results, interrupted } = await runTuningProgram({
    python: tuningPython(options.python),
    module: 'tuning.optimize',
    args: programArguments(options),
    parse: parseOptimization,
    afterInterruption: 'the optimization was ended, and nothing was published',
  });
  return { interrupted, results: results.map((result) => ({ ...result, subject: options.model as string })) };
}
