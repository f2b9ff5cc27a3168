import { figure, measure, times } from '../render/numbers';
import { type Block, type Page, type Row, heading, paragraph } from '../render/page';
import { machineText, softwareText } from '../reports/machine';
import type { Compared, Comparison } from './comparison';

/** Runs side by side. */
export function comparisonPage(comparison: Comparison): Page {
  const { runs, scenarios, notComparable, withoutPrice, prices, exitCode } = comparison;
  return {
    title: runs.length === 1 ? runs[0].label : `${runs.length} runs, each against ${runs[0].label}`,
    tone: exitCode ? 'warning' : 'plain',
    blocks: [
      ...notComparable.map((why) => ({ block: 'note', tone: 'warning', text: `Not comparable because ${why}` } as const)),
      ...scenarios.flatMap(({ scenario, runs: all }) => scenarioBlocks(scenario, all, comparison)),
      ...(prices ? [paragraph(costNote(comparison))] : []),
      ...withoutPrice.map((why) => ({ block: 'note', tone: 'warning', text: sentence(why) } as const)),
      ...drawings(comparison),
      heading('The runs'),
      {
        block: 'table',
        columns: [{ title: 'run' }, { title: 'model' }, { title: 'asked by' }, { title: 'batch', number: true }, { title: 'when' }, { title: 'machine, software, settings', wide: true }],
        rows: runs.map(({ label, machine, software, model, path, batch, serving, at }) => ({
          cells: [label, model ?? '', path ?? '', batch?.toString() ?? '', at?.slice(0, 10) ?? '', [machineText(machine), softwareText(software), serving].filter(Boolean).join('; ')],
        })),
      },
    ],
  };
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function costNote({ prices }: Comparison): string {
  return `Cost per million inferences: the price of an hour (${prices?.source}, ${prices?.date}, in ${prices?.currency}) over what a run answers in one at the throughput that was measured. Disks, traffic and idle time come on top.`;
}

function scenarioBlocks(scenario: string, runs: readonly Compared[], { prices, notComparable }: Comparison): Block[] {
  const judged = runs.some(({ valid }) => valid !== undefined);
  const failed = runs.some(({ errors }) => errors);
  const best = notComparable.length ? undefined : bestOf(runs);
  return [
    heading(scenario),
    {
      block: 'table',
      columns: [
        { title: 'run' }, { title: 'samples/s', number: true }, { title: 'ratio', number: true }, { title: 'p50 ms', number: true }, { title: 'p99 ms', number: true },
        ...(prices ? [{ title: `${prices.currency} per million`, number: true }] : []),
        ...(judged || failed ? [{ title: 'result' }] : []),
      ],
      rows: runs.map((run): Row => ({
        tone: run.errors ? 'bad' : run.valid === false ? 'warning' : run === best ? 'good' : 'plain',
        cells: [
          run.label, measure(run.throughput, ''), times(run.ratio), measure(run.p50, ''), measure(run.p99, ''),
          ...(prices ? [run.cost ? money(run.cost.perMillion) : 'no price'] : []),
          ...(judged || failed ? [resultOf(run)] : []),
        ],
      })),
    },
    ...(prices && runs.some(({ cost }) => cost) ? [paragraph(`Prices: ${prices.source}, ${prices.date}.`)] : []),
  ];
}

/** The cheapest where there are prices for all, else the fastest; with a single run there is none. */
function bestOf(runs: readonly Compared[]): Compared | undefined {
  const sound = runs.filter(({ errors, throughput }) => !errors && throughput);
  if (sound.length < 2) return undefined;
  if (sound.every(({ cost }) => cost)) return [...sound].sort((a, b) => (a.cost?.perMillion ?? 0) - (b.cost?.perMillion ?? 0))[0];
  return [...sound].sort((a, b) => (b.throughput ?? 0) - (a.throughput ?? 0))[0];
}

function resultOf({ valid, errors }: Compared): string {
  return [valid === undefined ? undefined : valid ? 'VALID' : 'INVALID', errors ? `${errors} errors` : undefined].filter(Boolean).join(', ');
}

function money(amount: number): string {
  return amount >= 0.01 ? amount.toFixed(amount >= 100 ? 0 : amount >= 1 ? 2 : 3) : figure(amount);
}

function drawings({ runs, scenarios, prices }: Comparison): Block[] {
  if (runs.length < 2) return [];
  const categories = runs.map(({ label }) => label);
  const bars = (value: (run: Compared) => number | null | undefined) => scenarios
    .map(({ scenario, runs: all }) => ({ name: scenario, values: categories.map((label) => value(all.find((run) => run.label === label) ?? {} as Compared) ?? null) }))
    .filter(({ values }) => values.some((each) => each !== null));
  const throughput = bars((run) => run.throughput);
  const cost = bars((run) => run.cost?.perMillion);
  return [
    ...(throughput.length ? [{ block: 'drawing', title: 'Throughput, samples a second', description: `Samples a second of ${categories.join(', ')}; the tables hold the numbers.`, plot: { plot: 'bars', unit: '', categories, series: throughput } } as const] : []),
    ...(prices && cost.length ? [{
      block: 'drawing', title: `Cost per million inferences, ${prices.currency} (${prices.source}, ${prices.date})`, description: `Cost of ${categories.join(', ')}; the tables hold the numbers.`,
      plot: { plot: 'bars', unit: '', categories, series: cost },
    } as const] : []),
  ];
}
