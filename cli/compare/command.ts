import { Command } from 'commander';
import { CannotTell } from '../cannot-tell';
import { type OutputOptions, addOutput, checkOutput } from '../options';
import { answering, print } from '../present';
import type { Prices } from './prices';

interface CompareOptions extends OutputOptions {
  readonly prices?: string;
  readonly region?: string;
  readonly instanceType?: readonly string[];
}

/** `graviton-tf compare`: results of several machines, sizes or settings side by side, and what an inference costs on each. */
export function compareCommand(done: (exitCode: number) => void): Command {
  const command = new Command('compare')
    .description('Puts results of graviton-tf benchmark side by side, with the cost of an inference where prices are given.')
    .argument('<file...>', 'JSON documents that benchmark --out or --json wrote; each is compared with the first');
  return addOutput(command
    .option('-p, --prices <file>', 'prices by the hour: a table {source, date, currency, hourly}, JSON or YAML, or what aws pricing get-products prints; aws asks the price list API')
    .option('-r, --region <region>', 'which region\'s prices, where the price list holds several')
    .option('--instance-type <label=type...>', 'the instance type of a run that does not say it'))
    .addHelpText('after', '\nThere is no built-in price: each cost names the source and date of the price it is from.'
      + '\nExit code: 0 they were compared, 1 they were, but differ in more than the machine and its settings, or had errors, 2 they could not be.')
    .action(async (files: string[], options: CompareOptions) => done(await compare(files, options)));
}

async function compare(files: readonly string[], options: CompareOptions): Promise<number> {
  return answering(options, async () => {
    checkOutput(options);
    for (const name of ['region', 'instanceType'] as const) {
      if (options[name] !== undefined && options.prices === undefined) throw new CannotTell(`${name === 'region' ? '--region' : '--instance-type'} is for prices: it goes with --prices.`);
    }
    const [{ readRuns }, { compareRuns, instanceTypeOf, parseInstanceTypes }, { comparisonPage }, { printable }] = await Promise.all([
      import('./runs'), import('./comparison'), import('./view'), import('../render/printable'),
    ]);
    const runs = readRuns(files);
    const instanceTypes = parseInstanceTypes(options.instanceType ?? [], runs);
    const prices = options.prices === undefined ? undefined : await pricesFrom(options.prices, options.region, [...new Set(runs.map((run) => instanceTypeOf(run, instanceTypes)))]);
    const comparison = compareRuns(runs, prices && { prices, instanceTypes });
    await print([printable(comparisonPage(comparison))], JSON.stringify(comparison, undefined, 2), options);
    return comparison.exitCode;
  });
}

async function pricesFrom(source: string, region: string | undefined, instanceTypes: ReadonlyArray<string | undefined>): Promise<Prices> {
  if (source !== 'aws') return (await import('./prices')).readPrices(source, region);
  return (await import('./price-list-api')).askPrices(instanceTypes.filter((type) => type !== undefined), region);
}
