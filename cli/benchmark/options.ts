import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { CannotTell } from '../cannot-tell';
import { type OutputOptions, type Sources, checkOutput, checkWritable, chooseSource, flagOf } from '../options';
import { type ParameterOptions, parametersOf, withMore } from '../remote/parameters';
import { type SelectionOptions, checkSelection, remoteOnly, remoteSources } from '../remote/selection';

export interface BenchmarkOptions extends SelectionOptions, OutputOptions, ParameterOptions {
  readonly model?: string;
  readonly endpoint?: string;
  readonly remoteModel?: string;
  readonly workload?: string;
  readonly scenario?: readonly string[];
  readonly time?: number;
  readonly count?: number;
  readonly qps?: number;
  readonly latency?: number;
  readonly batch?: number;
  readonly path?: string;
  readonly samples?: string;
  readonly signature?: string;
  readonly clients?: number;
  readonly intraOp?: number;
  readonly interOp?: number;
  readonly bf16?: string;
  readonly dataset?: string;
  readonly sweep?: boolean;
  readonly apply?: boolean;
  readonly evenUnderTraffic?: boolean;
  readonly label?: string;
  readonly python?: string;
  readonly out?: string;
}

export type Source = typeof remoteSources[number] | 'model' | 'endpoint';
type Name = keyof BenchmarkOptions;

const remote: readonly Source[] = remoteSources;
const local: readonly Source[] = ['model', 'endpoint'];

const sources: Sources<Source, Name> = {
  usage: { model: '--model DIR', endpoint: '--endpoint URL', stack: '--stack NAME', instance: '--instance ID', tag: '--tag KEY=VALUE' },
  missing: 'Nothing to benchmark was named',
  restricted: [
    ...([...remoteOnly, 'remoteModel', 'path', 'apply', 'evenUnderTraffic', 'dataset', 'parameter'] as const).map((name): [Name, readonly Source[]] => [name, remote]),
    ...(['samples', 'signature', 'clients', 'label', 'python'] as const).map((name): [Name, readonly Source[]] => [name, local]),
    ...(['intraOp', 'interOp', 'bf16'] as const).map((name): [Name, readonly Source[]] => [name, ['model']]),
    ['sweep', ['model', ...remote]],
  ],
};

/** What runs, and the options that only others of them have a use for. */
export type Work = 'benchmark' | 'sweep' | 'mlperf';

const useless: Readonly<Record<Work, { readonly names: readonly Name[]; readonly because: string }>> = {
  benchmark: { names: ['dataset', 'apply', 'evenUnderTraffic'], because: '' },
  sweep: { names: ['scenario', 'qps', 'count', 'path', 'dataset', 'signature', 'intraOp', 'interOp', 'bf16', 'label'], because: 'with --sweep, which tries settings under its own load' },
  mlperf: { names: ['remoteModel', 'latency', 'path', 'batch', 'apply', 'evenUnderTraffic'], because: 'with --workload resnet50 or bert, which runs MLPerf\'s own procedure' },
};

/** Others of ours are MLPerf's. */
export const scenarios = ['SingleStream', 'Offline', 'Server'] as const;

/** What can be told wrong before anything is started. */
export function checkOptions(options: BenchmarkOptions, given: (name: string) => boolean): { readonly source: Source; readonly work: Work } {
  const source = chooseSource(sources, given);
  const work = workOf(options, source);
  if (given('apply') && work === 'benchmark') throw new CannotTell('--apply writes what a sweep recommends: it goes with --sweep.');
  if (given('evenUnderTraffic') && work === 'benchmark') throw new CannotTell('--even-under-traffic allows a sweep beside requests: it goes with --sweep.');
  if (given('dataset') && work === 'benchmark') throw new CannotTell('--dataset goes with --workload resnet50 or bert.');
  const { names, because } = useless[work];
  const name = names.find(given);
  if (name) throw new CannotTell(`${flagOf(name)} has no meaning ${because}.`);
  checkScenarios(options, work, given);
  checkSelection(options);
  checkFiles(options);
  checkOutput(options);
  if (options.out !== undefined) checkWritable('--out', options.out);
  return { source, work };
}

function workOf({ workload, sweep }: BenchmarkOptions, source: Source): Work {
  if (workload === undefined || workload === 'model') return sweep ? 'sweep' : 'benchmark';
  if (workload !== 'resnet50' && workload !== 'bert') throw new CannotTell(`--workload is "${workload}": give model, resnet50 or bert.`);
  if (!remote.includes(source)) throw new CannotTell(`--workload ${workload} runs MLPerf's own procedure on instances: it goes with ${remote.map(flagOf).join(', ')}, and ${flagOf(source)} is measured as it is.`);
  if (sweep) throw new CannotTell(`--sweep tries the settings of a model's server, and --workload ${workload} has none: give one of them.`);
  return 'mlperf';
}

function checkScenarios({ scenario }: BenchmarkOptions, work: Work, given: (name: string) => boolean): void {
  const allowed = work === 'mlperf' ? scenarios.slice(0, 2) : scenarios;
  const wrong = scenario?.find((name) => !allowed.includes(name as typeof scenarios[number]));
  if (wrong !== undefined) throw new CannotTell(`--scenario is "${wrong}": give ${allowed.slice(0, -1).join(', ')} or ${allowed.at(-1)}.`);
  for (const name of ['qps', 'latency'] as const) {
    if (work === 'benchmark' && given(name) && !scenario?.includes('Server')) throw new CannotTell(`${flagOf(name)} is for Server: name it with --scenario${name === 'latency' ? ', or give --sweep' : ''}.`);
  }
}

function checkFiles({ model, samples }: BenchmarkOptions): void {
  if (model !== undefined && !statSync(model, { throwIfNoEntry: false })?.isDirectory()) throw new CannotTell(`--model ${model} is no directory: give a SavedModel, or a directory with <version>/saved_model.pb.`);
  if (samples !== undefined && !statSync(samples, { throwIfNoEntry: false })?.isFile()) throw new CannotTell(`--samples ${samples} is no file: give :predict bodies, one JSON a line, or an .npz.`);
}

/** The runbook's parameters. */
export function runbookParameters(options: BenchmarkOptions, work: Work): Record<string, string> {
  const { remoteModel, workload, scenario, time, count, qps, latency, batch, path, dataset, sweep, apply, evenUnderTraffic } = options;
  const common = { Scenarios: scenario?.join(','), Seconds: time, Qps: qps };
  return withMore(parametersOf(work === 'mlperf'
    ? { ...common, Workload: workload, Samples: count, Dataset: dataset }
    : { ...common, Model: remoteModel, Mode: sweep ? 'sweep' : 'benchmark', Path: path, LatencyMilliseconds: latency, Batch: batch, Apply: apply, EvenUnderTraffic: evenUnderTraffic }), options);
}

/** The local program's arguments. */
export function programArguments(options: BenchmarkOptions, work: Work): string[] {
  const { model, endpoint, scenario, time, count, qps, latency, batch, samples, signature, clients, intraOp, interOp, bf16, label } = options;
  const absolute = (path: string | undefined) => path && resolve(path);
  const common = { '--model': absolute(model), '--batch': batch, '--samples': absolute(samples), '--clients': clients };
  const values = work === 'sweep' ? { ...common, '--seconds': time, '--max-latency': latency } : {
    ...common, '--endpoint': endpoint, '--time': time, '--count': count, '--qps': qps, '--latency': latency, '--signature': signature, '--intra-op': intraOp, '--inter-op': interOp,
    '--bf16': bf16, '--label': label,
  };
  return [
    // With its sign of equality, a value that begins with a dash is none of its options.
    ...Object.entries(values).filter(([, value]) => value !== undefined).map(([flag, value]) => `${flag}=${value}`),
    ...(work === 'sweep' ? [] : scenario ?? []).map((name) => `--scenario=${name}`),
  ];
}
