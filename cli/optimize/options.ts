import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { CannotTell } from '../cannot-tell';
import { type OutputOptions, type Sources, checkOutput, chooseSource } from '../options';
import { type ParameterOptions, parametersOf, withMore } from '../remote/parameters';
import { type SelectionOptions, checkSelection, remoteOnly, remoteSources } from '../remote/selection';

export interface OptimizeOptions extends SelectionOptions, OutputOptions, ParameterOptions {
  readonly model?: string;
  readonly output?: string;
  readonly modelVersion?: number;
  readonly remoteModel?: string;
  readonly tolerance?: number;
  readonly relativeTolerance?: number;
  readonly leastSpeedup?: number;
  readonly inputs?: string;
  readonly outputs?: string;
  readonly dtype?: string;
  readonly samples?: string;
  readonly batch?: number;
  readonly requests?: number;
  readonly pairs?: number;
  readonly time?: number;
  readonly serverUrl?: string;
  readonly dryRun?: boolean;
  readonly python?: string;
}

export type Source = typeof remoteSources[number] | 'model';

const here: readonly Source[] = ['model'];

const sources: Sources<Source, keyof OptimizeOptions> = {
  usage: { model: '--model DIR', stack: '--stack NAME', instance: '--instance ID', tag: '--tag KEY=VALUE' },
  missing: 'Nothing to optimize was named',
  restricted: [
    ...([...remoteOnly, 'remoteModel', 'parameter'] as const).map((name) => [name, remoteSources] as const),
    ...(['output', 'inputs', 'outputs', 'dtype', 'requests', 'serverUrl', 'python'] as const).map((name) => [name, here] as const),
  ],
};

/** What can be told wrong before anything is started. */
export function checkOptions(options: OptimizeOptions, given: (name: string) => boolean): Source {
  const source = chooseSource(sources, given);
  checkSelection(options);
  if (source === 'model') checkLocal(options);
  else if (options.samples !== undefined && !options.samples.startsWith('/')) throw new CannotTell(`--samples is "${options.samples}": give the file's absolute path on the instance.`);
  checkOutput(options);
  return source;
}

function checkLocal({ model = '', output, inputs, outputs, dtype, samples, dryRun }: OptimizeOptions): void {
  const found = statSync(model, { throwIfNoEntry: false });
  if (!found) throw new CannotTell(`--model ${model} is not there: give a SavedModel, a directory with <version>/saved_model.pb, or a frozen graph's .pb.`);
  if (output === undefined && !dryRun) throw new CannotTell('--output is missing: give the directory that gets the optimized model as its next version, or --dry-run.');
  if (output !== undefined && statSync(output, { throwIfNoEntry: false })?.isFile()) throw new CannotTell(`--output ${output} is a file: give a directory, which gets the optimized model as its next version.`);
  if (found.isFile() && (inputs === undefined || outputs === undefined)) {
    throw new CannotTell(`--model ${model} is a file: a frozen graph needs the names of its nodes with --inputs and --outputs.`);
  }
  const [flag] = ([['--inputs', inputs], ['--outputs', outputs], ['--dtype', dtype]] as const).find(([, value]) => value !== undefined) ?? [];
  if (found.isDirectory() && flag) throw new CannotTell(`${flag} goes with a frozen graph, and --model ${model} is a directory: a SavedModel says them itself.`);
  if (samples !== undefined && !statSync(samples, { throwIfNoEntry: false })?.isFile()) throw new CannotTell(`--samples ${samples} is no file: give :predict bodies, one JSON a line, or an .npz.`);
}

/** The runbook's parameters. */
export function runbookParameters(options: OptimizeOptions): Record<string, string> {
  const { remoteModel, modelVersion, tolerance, relativeTolerance, leastSpeedup, batch, pairs, time, samples, dryRun } = options;
  return withMore(parametersOf({
    Model: remoteModel, Version: modelVersion, Tolerance: tolerance, RelativeTolerance: relativeTolerance, LeastSpeedup: leastSpeedup, Batch: batch, Pairs: pairs, Seconds: time, Samples: samples,
    Publish: dryRun ? false : undefined,
  }), options);
}

/** The local program's arguments. */
export function programArguments(options: OptimizeOptions): string[] {
  const { model, output, modelVersion, tolerance, relativeTolerance, leastSpeedup, inputs, outputs, dtype, samples, batch, requests, pairs, time, serverUrl, dryRun } = options;
  const absolute = (path: string | undefined) => path && resolve(path);
  const values = {
    '--model': absolute(model), '--output': absolute(output), '--version': modelVersion, '--tolerance': tolerance, '--relative-tolerance': relativeTolerance, '--least-speedup': leastSpeedup, '--inputs': inputs,
    '--outputs': outputs, '--dtype': dtype, '--samples': absolute(samples), '--batch': batch, '--requests': requests, '--pairs': pairs, '--seconds': time, '--server-url': serverUrl,
  };
  // With its sign of equality, a value that begins with a dash is none of its options.
  return [...Object.entries(values).filter(([, value]) => value !== undefined).map(([flag, value]) => `${flag}=${value}`), ...(dryRun ? ['--dry-run'] : [])];
}
