import { Command, Option } from 'commander';
import { addOutput, anyNumber, wholeNumber } from '../options';
import { answering, jsonOf, present, presentInterruption, write } from '../present';
import { addParameters } from '../remote/parameters';
import { addSelection } from '../remote/selection';
import type { Benchmark } from '../reports/benchmark';
import type { Sweep } from '../reports/sweep';
import type { Gathered } from '../result';
import { type BenchmarkOptions, type Work, checkOptions, scenarios } from './options';

/** `graviton-tf benchmark`: how fast a model is by MLCommons' LoadGen, and with which serving options it is fastest. */
export function benchmarkCommand(done: (exitCode: number) => void): Command {
  const command = new Command('benchmark')
    .description('Measures a model by MLCommons\' LoadGen, or finds the serving options that are fastest for it.')
    .option('-m, --model <directory>', 'a model on this machine: a SavedModel, or a directory with <version>/saved_model.pb')
    .option('-e, --endpoint <url>', 'a model server: http(s)://host:port/v1/models/NAME, or grpc://host:port/NAME');
  return addOutput(addParameters(addSelection(command)
    .option('--remote-model <path>', 'a model\'s base path on the instance (default: the one that its server has)')
    .option('-w, --workload <name>', 'model; or MLPerf\'s own resnet50 or bert, on instances (default: model)')
    .option('--scenario <name...>', `${scenarios.join(', ')} (default: the first two)`)
    .option('--time <seconds>', 'of each scenario (default: MLPerf\'s 600; less is INVALID), or of the sweep', wholeNumber('--time', 1, 86_400))
    .option('--count <samples>', 'most samples of a scenario, 1 to 1000000', wholeNumber('--count', 1, 1_000_000))
    .option('--qps <number>', 'Server: queries a second (default: a share of what it can)', anyNumber('--qps'))
    .option('--latency <milliseconds>', 'what the 99th percentile may be: in Server, and in a sweep', anyNumber('--latency'))
    .option('--batch <count>', 'examples in a request, 1 to 4096 (default: 1; in a sweep as they come)', wholeNumber('--batch', 1, 4096))
    .addOption(new Option('--path <way>', 'how instances ask: rest, grpc or in-process (default: rest)').choices(['rest', 'grpc', 'in-process']))
    .option('--samples <file>', 'requests: :predict bodies, one JSON a line, or an .npz (default: warm-up assets, else made up)')
    .option('--signature <name>', 'which of the model\'s (default: serving_default)')
    .option('--clients <count>', 'requests at once, 1 to 4096', wholeNumber('--clients', 1, 4096))
    .option('--intra-op <threads>', 'of the session here, 1 to 4096', wholeNumber('--intra-op', 1, 4096))
    .option('--inter-op <threads>', 'of the session here, 1 to 4096', wholeNumber('--inter-op', 1, 4096))
    .addOption(new Option('--bf16 <mode>', 'oneDNN\'s BF16 fast math here: on or off').choices(['on', 'off']))
    .option('--dataset <url>', 'resnet50 and bert: s3:// or https:// (default: a synthetic one, performance only)')
    .option('--sweep', 'try processes, threads, batching and BF16, and recommend serving options')
    .option('--apply', 'write what the sweep recommends to the instance, and restart its server if it is no slower')
    .option('--even-under-traffic', 'sweep although the server is being asked, which slows it down')
    .option('--label <text>', 'name of the result (default: the machine and the model)')
    .option('--python <path>', 'a Python with TensorFlow (default: the checkout\'s)')
    .option('--out <file>', 'also write the JSON document, for graviton-tf compare')))
    .addHelpText('after', '\nGive exactly one of --model, --endpoint, --stack, --instance and --tag.'
      + '\nExit code: 0 it was measured (also when LoadGen calls it INVALID), 1 requests failed or nothing was applied, 2 it could not be told.')
    .action(async (options: BenchmarkOptions, self: Command) => {
      done(await benchmark(options, (name) => self.getOptionValueSource(name) === 'cli'));
    });
}

async function benchmark(options: BenchmarkOptions, given: (name: string) => boolean): Promise<number> {
  return answering(options, async () => {
    const { source, work } = checkOptions(options, given);
    // Loaded only now, and only the one: the SDK is most of this command's start.
    const gathered = await (source === 'model' || source === 'endpoint' ? (await import('./locally')).measureHere(options, work) : (await import('./remotely')).measureInstances(options, work));
    if (gathered.interrupted) return presentInterruption(gathered.interrupted, options);
    if (options.out !== undefined && gathered.results.some(({ report }) => report)) write('--out', options.out, `${jsonOf(gathered)}\n`);
    return show(gathered, work, options);
  });
}

async function show(gathered: Gathered, work: Work, options: BenchmarkOptions): Promise<number> {
  if (work === 'sweep') return present(gathered as Gathered<Sweep>, (await import('./sweep-view')).sweepView, options);
  return present(gathered as Gathered<Benchmark>, (await import('./view')).benchmarkView, options);
}
