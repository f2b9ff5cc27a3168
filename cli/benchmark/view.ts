import type { View } from '../present';
import { figure, measure } from '../render/numbers';
import { type Block, type Drawing, type Note, type Page, type Row, facts, heading, paragraph } from '../render/page';
import { type Benchmark, type Scenario, type Settings, type Workload, percentiles } from '../reports/benchmark';
import { machineName, originRows } from '../reports/machine';

/** How a benchmark is shown. */
export const benchmarkView: View<Benchmark> = {
  columns: [{ title: 'instance' }, { title: 'scenario' }, { title: 'result' }, { title: 'p50 ms', number: true }, { title: 'p99 ms', number: true }, { title: 'samples/s', number: true }],
  rows: ({ subject, report }) => report.scenarios.map((scenario) => ({
    tone: scenario.errors ? 'bad' : scenario.valid ? 'plain' : 'warning',
    cells: [subject, scenario.scenario, resultOf(scenario), measure(scenario.latency?.p50, ''), measure(scenario.latency?.p99, ''), measure(scenario.throughput, '')],
  })),
  page: benchmarkPage,
};

export function resultOf({ valid, errors }: Scenario): string {
  return `${valid ? 'VALID' : 'INVALID'}${errors ? `, ${errors} errors` : ''}`;
}

function toneOf({ exitCode, scenarios }: Benchmark) {
  if (exitCode !== 0 || scenarios.some(({ errors }) => errors)) return 'bad';
  return scenarios.every(({ valid }) => valid) ? 'good' : 'warning';
}

function benchmarkPage(report: Benchmark, subject: string): Page {
  const { label, scenarios, omitted } = report;
  const invalid = scenarios.filter(({ valid }) => !valid);
  const how = invalid.length === 0 ? 'VALID' : invalid.length === scenarios.length ? 'INVALID' : `INVALID in ${invalid.map(({ scenario }) => scenario).join(' and ')}`;
  return {
    title: `${label || (report.machine.instance ? machineName(report.machine) : subject)}: ${how}`,
    tone: toneOf(report),
    blocks: [
      ...scenarios.flatMap(notesOf),
      ...(scenarios.length ? [scenarioTable(scenarios)] : []),
      ...drawings(scenarios),
      heading('What was measured, and where'),
      facts([
        ['workload', workloadText(report.workload)],
        ['requests', requestsText(report.workload)],
        ['serving', report.serving ? settingsText(report.serving) : 'unknown'],
        ...originRows(report),
        ['environment', Object.entries(report.environment ?? {}).map(([name, value]) => `${name}=${String(value)}`).join(' ') || undefined],
      ]),
      ...(omitted ? [paragraph(`${omitted} entries were left out of this report's lists.`)] : []),
    ],
  };
}

/** Whoever reads a figure of an invalid run must know it. */
function notesOf({ scenario, valid, why, errors, samples }: Scenario): Note[] {
  return [
    ...(errors ? [{ block: 'note', tone: 'bad', text: `${scenario}: ${figure(errors)} of ${measure(samples, '') || '?'} requests failed` } as const] : []),
    ...(valid ? [] : [{ block: 'note', tone: 'warning', text: `${scenario} is INVALID by LoadGen's rules: not to be published as an MLPerf result`, lines: why } as const]),
  ];
}

const names: Readonly<Record<typeof percentiles[number], string>> = { mean: 'mean', min: 'least', p50: 'p50', p90: 'p90', p95: 'p95', p97: 'p97', p99: 'p99', p999: 'p99.9', max: 'most' };

/** Percentiles stand under each other, a column for each scenario. */
function scenarioTable(scenarios: readonly Scenario[]): Block {
  const row = (name: string, text: (scenario: Scenario) => string): Row => ({ cells: [name, ...scenarios.map(text)] });
  const rows = [
    row('result', resultOf),
    row('samples a second', ({ throughput }) => measure(throughput, '')),
    ...percentiles.map((name) => row(`latency, ${names[name]}`, ({ latency }) => measure(latency?.[name], 'ms'))),
    row('samples', ({ samples }) => measure(samples, '')),
    row('seconds', ({ seconds }) => measure(seconds, '')),
    row('asked queries a second', ({ targetQps }) => measure(targetQps, '')),
    row('allowed latency', ({ targetLatencyMilliseconds }) => measure(targetLatencyMilliseconds, 'ms')),
  ].filter(({ cells: [, ...values] }) => values.some(Boolean));
  return { block: 'table', columns: [{ title: '' }, ...scenarios.map(({ scenario }) => ({ title: scenario, number: true }))], rows };
}

function drawings(scenarios: readonly Scenario[]): Drawing[] {
  const distributed = scenarios.filter(({ distribution }) => distribution.length > 1);
  const timed = scenarios.filter(({ overTime }) => overTime.length > 1);
  const spread = distributed.flatMap(({ distribution }) => distribution.map(([at]) => at)).filter((at) => at > 0);
  const marks = distributed.flatMap(({ scenario, targetLatencyMilliseconds: at }) => (at ? [{ name: `${scenario}: ${figure(at)} ms allowed`, at }] : []));
  return [
    ...(distributed.length ? [{
      block: 'drawing',
      title: 'Latency distribution',
      description: `Share of samples answered within a time, for ${distributed.map(({ scenario, latency }) => `${scenario} (p50 ${measure(latency?.p50, 'ms')}, p99 ${measure(latency?.p99, 'ms')})`).join(' and ')}.`,
      plot: {
        plot: 'lines',
        // A tail many times the median would press everything else to the left.
        x: { name: 'latency, ms', fromZero: false, logarithmic: Math.max(...spread) > 20 * Math.min(...spread) },
        y: { name: 'samples answered, %', most: 100 },
        series: distributed.map(({ scenario, distribution }) => ({ name: scenario, step: true, points: distribution.map(([at, share]) => [at, share * 100] as const) })),
        marks,
      },
    } as const] : []),
    ...(timed.length ? [{
      block: 'drawing',
      title: 'Throughput over time',
      description: `Samples a second, second by second, for ${timed.map(({ scenario, throughput }) => `${scenario} (${measure(throughput, '')} on the whole)`).join(' and ')}.`,
      plot: {
        plot: 'lines',
        x: { name: 'seconds since the start' },
        y: { name: 'samples a second' },
        series: timed.map(({ scenario, overTime }) => ({ name: scenario, points: overTime })),
      },
    } as const] : []),
  ];
}

export function workloadText({ kind, model, signature, path, endpoint, batch }: Workload): string {
  return [kind === 'model' ? undefined : kind, model, signature && `signature ${signature}`, endpoint ?? path, batch && `batch ${batch}`].filter(Boolean).join(', ');
}

export function requestsText({ requests, from, performanceOnly, note }: Workload): string | undefined {
  if (!requests && !from) return undefined;
  const made = typeof note === 'string' ? ` (${note.replace(/\.$/, '')})` : performanceOnly ? ' (performance only: the answers mean nothing)' : '';
  return `${requests ?? '?'}${from ? ` from ${from}` : ''}${made}`;
}

/** How a server was set up, short enough for a table. */
export function settingsText({ processes, intraOpThreads, interOpThreads, batching, bf16FastMath }: Settings): string {
  return [
    typeof processes === 'number' ? `${processes} ${processes === 1 ? 'process' : 'processes'}` : undefined,
    typeof intraOpThreads === 'number' ? `intra-op ${intraOpThreads}` : undefined,
    typeof interOpThreads === 'number' ? `inter-op ${interOpThreads}` : undefined,
    batching ? `batching ${batching.maxBatchSize ?? '?'}${typeof batching.batchTimeoutMicros === 'number' ? ` within ${figure(batching.batchTimeoutMicros / 1000)} ms` : ''}` : 'no batching',
    bf16FastMath === true ? 'BF16' : bf16FastMath === false ? 'no BF16' : undefined,
  ].filter(Boolean).join(', ');
}
