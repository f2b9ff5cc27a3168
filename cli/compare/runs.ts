import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { CannotTell } from '../cannot-tell';
import { settingsText } from '../benchmark/view';
import { parseBenchmark } from '../reports/benchmark';
import type { Machine, Software } from '../reports/machine';
import { parseOptimization } from '../reports/optimization';
import { parseSweep } from '../reports/sweep';

type Maybe = number | null | undefined;

/** What one run found in one scenario. */
export interface Figures {
  readonly scenario: string;
  /** VALID or INVALID by LoadGen's rules; undefined where they do not apply. */
  readonly valid?: boolean;
  readonly errors: number;
  /** Samples a second. */
  readonly throughput: Maybe;
  /** In milliseconds. */
  readonly p50: Maybe;
  readonly p99: Maybe;
}

/** One result, whichever kind of document it came from. */
export interface Run {
  readonly label: string;
  readonly file: string;
  readonly kind: string;
  readonly machine: Machine;
  readonly software: Software;
  readonly at?: string | null;
  readonly model?: string;
  readonly signature?: string | null;
  readonly path?: string | null;
  readonly batch?: Maybe;
  readonly serving?: string;
  readonly figures: readonly Figures[];
}

/** All runs of these files; those of one kind can be compared. */
export function readRuns(files: readonly string[]): Run[] {
  const runs = files.flatMap(readFile);
  const other = runs.find(({ kind }) => kind !== runs[0].kind);
  if (other) throw new CannotTell(`${runs[0].file} is of kind ${runs[0].kind} and ${other.file} of kind ${other.kind}: compare takes results of one kind.`);
  return distinct(runs);
}

function readFile(file: string): Run[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new CannotTell(`${file} cannot be read (${(error as NodeJS.ErrnoException).code}): give a file that graviton-tf benchmark --out wrote.`);
  }
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new CannotTell(`${file} is no JSON: give a file that graviton-tf benchmark --out wrote.`);
  }
  // What several instances found is in one document.
  const { instances } = (document ?? {}) as { readonly instances?: unknown };
  const reports: readonly unknown[] = Array.isArray(instances) ? instances : [document];
  if (!reports.length) throw new CannotTell(`${file} holds no result: none of its instances gave one.`);
  return reports.map((report) => runOf(file, report));
}

function runOf(file: string, report: unknown): Run {
  const { kind } = (report ?? {}) as { readonly kind?: unknown };
  const text = JSON.stringify(report);
  const run = kind === 'benchmark' ? ofBenchmark(file, text) : kind === 'sweep' ? ofSweep(file, text) : kind === 'optimization' ? ofOptimization(file, text) : undefined;
  if (!run) throw new CannotTell(`${file} is of kind ${JSON.stringify(kind) ?? 'none'}: give results of kind benchmark, sweep or optimization.`);
  if (typeof run === 'string') throw new CannotTell(`${file} cannot be used: ${run}.`);
  return run;
}

function ofBenchmark(file: string, text: string): Run | string {
  const report = parseBenchmark(text);
  if (typeof report === 'string') return report;
  const { workload, serving } = report;
  return {
    ...common(file, report, report.label),
    kind: 'benchmark',
    ...workloadOf(workload),
    serving: serving ? settingsText(serving) : undefined,
    figures: report.scenarios.map(({ scenario, valid, errors, throughput, latency }) => ({ scenario, valid, errors, throughput, p50: latency?.p50, p99: latency?.p99 })),
  };
}

function ofSweep(file: string, text: string): Run | string {
  const report = parseSweep(text);
  if (typeof report === 'string') return report;
  const figures = ([['default settings', report.default], ['best settings', report.best]] as const).flatMap(([scenario, index]): Figures[] => {
    const candidate = typeof index === 'number' ? report.candidates[index] : undefined;
    return candidate ? [{ scenario, errors: 0, throughput: candidate.throughput, p50: candidate.medianMilliseconds, p99: candidate.p99Milliseconds }] : [];
  });
  const best = typeof report.best === 'number' ? report.candidates[report.best] : undefined;
  return { ...common(file, report), kind: 'sweep', ...workloadOf(report.workload), serving: best && `best: ${settingsText(best.settings)}`, figures };
}

function ofOptimization(file: string, text: string): Run | string {
  const report = parseOptimization(text);
  if (typeof report === 'string') return report;
  const figures = ([['original', report.before], ['optimized', report.after]] as const).flatMap(([scenario, measured]): Figures[] => (
    typeof measured?.medianMilliseconds === 'number' ? [{ scenario, errors: 0, throughput: measured.throughput, p50: measured.medianMilliseconds, p99: measured.p99Milliseconds }] : []));
  return { ...common(file, report), kind: 'optimization', model: modelName(report.model.path), path: 'in-process', batch: report.speedup?.batch, figures };
}

function common(file: string, { machine, software, at }: { readonly machine: Machine; readonly software: Software; readonly at?: string | null }, label?: string | null) {
  return { file, machine, software, at, label: label || machine.instance || basename(file, '.json') };
}

function workloadOf({ model, endpoint, kind, signature, path, batch }: { readonly [fact: string]: unknown }) {
  return { model: modelName((model ?? endpoint ?? kind) as string | undefined), signature: signature as string | null, path: path as string | null, batch: batch as Maybe };
}

/** The same model lies elsewhere on another machine: its folder's name tells it, without the version. */
function modelName(path: string | null | undefined): string | undefined {
  return path?.split('/').filter((part) => part && !/^\d+$/.test(part)).at(-1);
}

/** Labels are what a reader tells runs by: where two are the same, the files' names follow, then numbers. */
function distinct(runs: readonly Run[]): Run[] {
  const count = (label: string, all: readonly Run[]) => all.filter((run) => run.label === label).length;
  const named = runs.map((run) => (count(run.label, runs) > 1 ? { ...run, label: `${run.label} (${run.machine.instance ?? basename(run.file, '.json')})` } : run));
  return named.map((run, i) => (count(run.label, named) > 1 ? { ...run, label: `${run.label} ${named.slice(0, i + 1).filter(({ label }) => label === run.label).length}` } : run));
}
