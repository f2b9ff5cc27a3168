import { CannotTell } from '../cannot-tell';
import type { Prices } from './prices';
import type { Figures, Run } from './runs';

export interface Cost {
  /** For a million inferences, in `currency`. */
  readonly perMillion: number;
  readonly currency: string;
  readonly hourly: number;
  readonly instanceType: string;
  readonly source: string;
  readonly date: string;
}

export interface Compared extends Figures {
  readonly label: string;
  /** Its throughput over the first run's. */
  readonly ratio?: number;
  readonly cost?: Cost;
}

/** What `graviton-tf compare --json` prints. */
export interface Comparison {
  readonly schemaVersion: 1;
  readonly kind: 'comparison';
  /** 1 where runs cannot be compared, or requests failed. */
  readonly exitCode: 0 | 1;
  readonly runs: ReadonlyArray<Omit<Run, 'figures'>>;
  readonly scenarios: ReadonlyArray<{ readonly scenario: string; readonly runs: readonly Compared[] }>;
  /** Why figures of these runs do not stand for what a reader would take them for. */
  readonly notComparable: readonly string[];
  readonly prices?: { readonly source: string; readonly date: string; readonly currency: string };
  /** Why a run has no cost. */
  readonly withoutPrice: readonly string[];
}

export interface Pricing {
  readonly prices: Prices;
  /** By label, where the result does not say it. */
  readonly instanceTypes: ReadonlyMap<string, string>;
}

export function compareRuns(runs: readonly Run[], pricing?: Pricing): Comparison {
  const names = [...new Set(runs.flatMap(({ figures }) => figures.map(({ scenario }) => scenario)))];
  const scenarios = names.map((scenario) => {
    const found = runs.flatMap((run) => run.figures.filter((figures) => figures.scenario === scenario).map((figures) => ({ run, figures })));
    const first = runs[0].figures.find((figures) => figures.scenario === scenario)?.throughput;
    return {
      scenario,
      runs: found.map(({ run, figures }): Compared => ({
        label: run.label,
        ...figures,
        ratio: first && figures.throughput ? figures.throughput / first : undefined,
        cost: pricing && costOf(run, figures, pricing),
      })),
    };
  });
  const notComparable = differences(runs);
  return {
    schemaVersion: 1,
    kind: 'comparison',
    exitCode: notComparable.length || scenarios.some(({ runs: all }) => all.some(({ errors }) => errors)) ? 1 : 0,
    runs: runs.map(({ figures: _, ...run }) => run),
    scenarios,
    notComparable,
    prices: pricing && { source: pricing.prices.source, date: pricing.prices.date, currency: pricing.prices.currency },
    withoutPrice: pricing ? runs.flatMap((run) => missingPrice(run, pricing)) : [],
  };
}

/** `LABEL=TYPE`, for runs that do not say their instance type. */
export function parseInstanceTypes(given: readonly string[], runs: readonly Run[]): Map<string, string> {
  return new Map(given.map((text) => {
    const at = text.lastIndexOf('=');
    const [label, type] = [text.slice(0, at), text.slice(at + 1)];
    if (at < 1 || !/^[a-z0-9-]+\.[a-z0-9-]+$/.test(type)) throw new CannotTell(`--instance-type is "${text}": give a label and a type, such as laptop=c7g.xlarge.`);
    if (!runs.some((run) => run.label === label)) throw new CannotTell(`--instance-type names "${label}", and the runs are ${runs.map((run) => `"${run.label}"`).join(', ')}: give one of them.`);
    return [label, type];
  }));
}

/** What it ran on: what the user says, else what the result does. */
export function instanceTypeOf({ label, machine }: Run, instanceTypes: ReadonlyMap<string, string>): string | undefined {
  return instanceTypes.get(label) ?? machine.instanceType ?? undefined;
}

function costOf(run: Run, { throughput }: Figures, pricing: Pricing): Cost | undefined {
  const { source, date, currency, hourly: table } = pricing.prices;
  const instanceType = instanceTypeOf(run, pricing.instanceTypes);
  const hourly = instanceType === undefined ? undefined : table.get(instanceType);
  if (instanceType === undefined || hourly === undefined || !throughput) return undefined;
  return { perMillion: hourly / (throughput * 3600) * 1e6, currency, hourly, instanceType, source, date };
}

function missingPrice(run: Run, pricing: Pricing): string[] {
  const { source, date, hourly } = pricing.prices;
  const type = instanceTypeOf(run, pricing.instanceTypes);
  if (type === undefined) return [`no price for ${run.label}: its result says no instance type, so name it with --instance-type "${run.label}=TYPE"`];
  return hourly.has(type) ? [] : [`no price for ${type} (${run.label}) in ${source}, ${date}`];
}

/** What must be the same for throughputs to be weighed; machines, sizes and settings are what is weighed. */
const same: ReadonlyArray<readonly [what: string, value: (run: Run) => string | undefined]> = [
  ['model', ({ model }) => model],
  ['signature', ({ signature }) => signature ?? undefined],
  ['way of asking', ({ path }) => path ?? undefined],
  ['batch size', ({ batch }) => batch?.toString()],
  ['TensorFlow', ({ software }) => software.tensorflow ?? undefined],
];

function differences(runs: readonly Run[]): string[] {
  return same.flatMap(([what, value]) => {
    const values = new Map<string, string[]>();
    for (const run of runs) values.set(value(run) ?? 'unknown', [...values.get(value(run) ?? 'unknown') ?? [], run.label]);
    if (values.size < 2) return [];
    return [`the ${what} differs: ${[...values].map(([each, labels]) => `${each} in ${labels.join(', ')}`).join('; ')}`];
  });
}
