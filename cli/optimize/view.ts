import { kernelCells, percent } from '../diagnose/render/view';
import type { Kernel } from '../diagnose/report';
import { bytes, figure, measure, times } from '../render/numbers';
import { type Block, type Column, type Page, type Row, facts, heading, paragraph } from '../render/page';
import { machineName, originRows } from '../reports/machine';
import type { Measured, Optimization } from '../reports/optimization';
import type { View } from '../present';

/** How an optimization is shown. */
export const optimizationView: View<Optimization> = {
  columns: [{ title: 'instance' }, { title: 'outcome' }, { title: 'median', number: true }, { title: 'throughput', number: true }, { title: 'accuracy' }, { title: 'why', wide: true }],
  rows: ({ subject, report }) => [{
    tone: toneOf(report),
    cells: [subject, report.outcome, times(report.speedup?.median), times(report.speedup?.throughput), accuracyWord(report), report.reason ?? ''],
  }],
  page: optimizationPage,
};

/** Nothing is published by a dry run, which ends well where it would have been. */
function toneOf({ outcome, exitCode }: Optimization) {
  return outcome === 'published' || exitCode === 0 ? 'good' : outcome === 'kept' ? 'warning' : 'bad';
}

function optimizationPage(report: Optimization, subject: string): Page {
  const { outcome, exitCode, reason, model, published, speedup, omitted } = report;
  const faster = speedup?.median ? `, ${times(speedup.median)} as fast` : '';
  const done = outcome === 'published' ? `published as version ${published?.version ?? '?'}${faster}` : outcome !== 'kept' ? outcome : exitCode === 0 ? `would be published${faster}` : 'not published';
  return {
    title: `${report.machine.instance ? machineName(report.machine) : subject}: ${done}`,
    tone: toneOf(report),
    blocks: [
      ...(reason ? [paragraph(reason)] : []),
      facts([
        ['model', [model.path, model.version && `version ${model.version}`, model.format].filter(Boolean).join(', ')],
        ['published', published?.path ?? undefined],
        ['copy', published?.archive ?? undefined],
        ['signatures', model.signatures.map(({ name, inputs }) => `${name}(${inputs.map((input) => `${input.name} ${input.dtype ?? ''}${shapeText(input.shape)}`).join(', ')})`).join('; ')],
        ['accuracy', accuracyText(report)],
        ['BF16', bf16Text(report)],
        ...originRows(report),
      ]),
      ...keeping(report),
      ...beforeAfter(report),
      ...passesTable(report),
      ...kernelBars(report),
      ...kernelTables(report),
      ...(omitted ? [paragraph(`${omitted} entries were left out of this report's lists.`)] : []),
    ],
  };
}

/** An instance that replaces this one gets the model from its stack, which knows nothing of what was published here. */
function keeping({ published }: Optimization): Block[] {
  if (!published?.archive) return [];
  return [
    paragraph('To make it the stack\'s model, which new instances get too, unpack the copy beside the other versions, in the model\'s directory that the stack deploys (then deploy) or in the model\'s bucket:'),
    { block: 'code', language: 'sh', text: `aws s3 cp ${published.archive} - | tar -xz -C MODEL_DIRECTORY` },
  ];
}

function shapeText(shape: ReadonlyArray<number | null> | null | undefined): string {
  return shape ? `[${shape.map((size) => size ?? '?').join(',')}]` : '';
}

function accuracyWord({ accuracy }: Optimization): string {
  return accuracy?.passed === true ? 'within' : accuracy?.passed === false ? 'beyond' : 'unknown';
}

function accuracyText({ accuracy }: Optimization): string | undefined {
  if (!accuracy) return undefined;
  const { requests, from, tolerance, maxAbsolute, maxRelative, worst, passed } = accuracy;
  const allowed = tolerance ? ` (allowed ${optional(tolerance.absolute)} and ${optional(tolerance.relative)})` : '';
  const where = worst?.output ? `, worst in ${[worst.signature, worst.output].filter(Boolean).join('/')}` : '';
  const verdict = passed === true ? 'within the tolerance' : passed === false ? 'beyond the tolerance' : 'not judged';
  return `${verdict}: differs by at most ${optional(maxAbsolute)} absolute, ${optional(maxRelative)} relative${allowed}${where}; ${requests ?? '?'} requests${from ? ` from ${from}` : ''}`;
}

const optional = (value: number | null | undefined) => (value === null || value === undefined ? 'an unknown amount' : figure(value));

function bf16Text({ bf16 }: Optimization): string | undefined {
  if (!bf16) return undefined;
  if (bf16.available === false) return `not available${bf16.why ? `: ${bf16.why}` : ''}`;
  if (bf16.maxAbsolute === null || bf16.maxAbsolute === undefined) return bf16.why ?? 'not measured';
  const gain = bf16.speedup ? `${times(bf16.speedup)} as fast` : 'gain not measured';
  const verdict = bf16.passed === undefined || bf16.passed === null ? '' : bf16.passed ? ', within the tolerance' : ', beyond the tolerance';
  return `${gain}, and differs by at most ${figure(bf16.maxAbsolute)} absolute, ${optional(bf16.maxRelative)} relative${verdict}${bf16.why ? ` (${bf16.why})` : ''}`;
}

function beforeAfter({ before, after, speedup }: Optimization): Block[] {
  if (!before || !after) return [];
  const row = (name: string, text: (measured: Measured) => string, change?: (a: Measured, b: Measured) => string): Row => ({ cells: [name, text(before), text(after), change?.(before, after) ?? ''] });
  const ratio = (value: (measured: Measured) => number | null | undefined, higherIsBetter = false) => (a: Measured, b: Measured) => {
    const [old, now] = [value(a), value(b)];
    return old && now ? times(higherIsBetter ? now / old : old / now) : '';
  };
  const fewer = (value: (measured: Measured) => number | null | undefined) => (a: Measured, b: Measured) => {
    const [old, now] = [value(a), value(b)];
    return old && now ? `${now > old ? '+' : now < old ? '\u2212' : ''}${Math.round(Math.abs(now / old - 1) * 100)} %` : '';
  };
  const rows = [
    row('nodes', ({ nodes }) => measure(nodes, ''), fewer(({ nodes }) => nodes)),
    row('size on disk', ({ bytes: size }) => bytes(size), fewer(({ bytes: size }) => size)),
    row('load', ({ loadSeconds }) => measure(loadSeconds, 's'), fewer(({ loadSeconds }) => loadSeconds)),
    // What the interleaved pairs say, where they were run: the single figures are taken one after the other.
    row('median latency', ({ medianMilliseconds }) => measure(medianMilliseconds, 'ms'), speedup?.median ? () => times(speedup.median) : ratio((of) => of.medianMilliseconds)),
    row('p99 latency', ({ p99Milliseconds }) => measure(p99Milliseconds, 'ms'), ratio((of) => of.p99Milliseconds)),
    row('throughput', ({ throughput }) => measure(throughput, '/s'), speedup?.throughput ? () => times(speedup.throughput) : ratio((of) => of.throughput, true)),
    row('in reference kernels', ({ referenceShare }) => (typeof referenceShare === 'number' ? percent(referenceShare) : '')),
  ].filter(({ cells: [, a, b] }) => a || b);
  if (!rows.length) return [];
  const pairs = speedup?.pairs ? [paragraph(`The speed-up is the median of ${speedup.pairs} interleaved pairs${speedup.batch ? ` at batch ${speedup.batch}` : ''}; 2.00 × takes half the time.`)] : [];
  return [heading('Before and after'), { block: 'table', columns: [{ title: '' }, { title: 'before', number: true }, { title: 'after', number: true }, { title: 'change', number: true }], rows }, ...pairs];
}

function passesTable({ passes }: Optimization): Block[] {
  if (!passes.length) return [];
  const columns: Column[] = [{ title: 'pass' }, { title: 'nodes before', number: true }, { title: 'after', number: true }, { title: 'seconds', number: true }, { title: 'note', wide: true }];
  return [heading('Passes'), {
    block: 'table',
    columns,
    rows: passes.map(({ name, nodesBefore, nodesAfter, seconds, note }) => ({ cells: [name, measure(nodesBefore, ''), measure(nodesAfter, ''), measure(seconds, ''), note ?? ''] })),
  }];
}

function kernelTables({ before, after }: Optimization): Block[] {
  const columns: Column[] = [
    { title: 'share', number: true }, { title: 'ms', number: true }, { title: 'count', number: true }, { title: 'primitive' }, { title: 'implementation' }, { title: 'kind' }, { title: 'remedy' },
    { title: 'shape', wide: true },
  ];
  return ([['before', before], ['after', after]] as const).flatMap(([when, measured]): Block[] => (measured?.kernels.length ? [
    heading(`Kernels ${when}`),
    {
      block: 'table',
      columns,
      mostOnTerminal: 6,
      rows: measured.kernels.map((kernel) => ({ tone: kernel.kind === 'reference' ? 'bad' : 'plain', cells: kernelCells(kernel as Kernel) })),
    },
  ] : []));
}

/** Implementations worth a bar. */
const mostBars = 10;

/** Where the time went, and where it goes now: the kernels by their implementation. */
function kernelBars({ before, after }: Optimization): Block[] {
  const [old, now] = [timeByImplementation(before), timeByImplementation(after)];
  if (!old.size || !now.size) return [];
  const largest = (name: string) => Math.max(old.get(name) ?? 0, now.get(name) ?? 0);
  const categories = [...new Set([...old.keys(), ...now.keys()])].sort((a, b) => largest(b) - largest(a)).slice(0, mostBars);
  return [{
    block: 'drawing',
    title: 'Time in kernels, ms for the same requests',
    description: `Milliseconds before and after, by primitive and implementation; the largest is ${categories[0]}. The tables hold the numbers.`,
    plot: { plot: 'bars', unit: 'ms', categories, series: ([['before', old], ['after', now]] as const).map(([name, spent]) => ({ name, values: categories.map((each) => spent.get(each) ?? null) })) },
  }];
}

function timeByImplementation(measured: Measured | null | undefined): Map<string, number> {
  const times = new Map<string, number>();
  for (const { primitive, implementation, milliseconds } of measured?.kernels ?? []) {
    const name = `${primitive} ${implementation}`;
    if (typeof milliseconds === 'number') times.set(name, (times.get(name) ?? 0) + milliseconds);
  }
  return times;
}
