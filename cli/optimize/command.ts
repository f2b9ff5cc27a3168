import { Command } from 'commander';
import { addOutput, anyNumber, wholeNumber } from '../options';
import { answering, present, presentInterruption } from '../present';
import { addParameters } from '../remote/parameters';
import { addSelection } from '../remote/selection';
import { type OptimizeOptions, checkOptions } from './options';

/** `graviton-tf optimize`: the same model with a graph that runs faster, published only if it is right and not slower. */
export function optimizeCommand(done: (exitCode: number) => void): Command {
  const command = new Command('optimize')
    .description('Optimizes a model\'s graph, and publishes it as the next version if it answers alike and is not slower.')
    .option('-m, --model <path>', 'a model on this machine: a SavedModel, a directory with <version>/saved_model.pb, or a frozen graph\'s .pb')
    .option('-o, --output <directory>', 'gets the optimized model as its next version (a model base path)');
  return addOutput(addParameters(addSelection(command)
    .option('--remote-model <path>', 'a model\'s base path on the instance (default: the one that its server has)')
    .option('--model-version <number>', 'version to optimize, 1 to 999999999 (default: the newest)', wholeNumber('--model-version', 1, 999_999_999))
    .option('--tolerance <number>', 'greatest absolute difference of an answer (default: 0.0001)', anyNumber('--tolerance'))
    .option('--relative-tolerance <number>', 'greatest relative difference of an answer (default: 0.001)', anyNumber('--relative-tolerance'))
    .option('--least-speedup <number>', 'published from this speed-up of the median on (default: 0.98)', anyNumber('--least-speedup'))
    .option('--inputs <names>', 'a frozen graph\'s input nodes, separated by commas')
    .option('--outputs <names>', 'a frozen graph\'s output nodes, separated by commas')
    .option('--dtype <type>', 'the type of a frozen graph\'s inputs (default: float32)')
    .option('--samples <file>', 'requests to compare by: :predict bodies, one JSON a line, or an .npz (default: warm-up assets, else made up)')
    .option('--batch <count>', 'rows of a request, 1 to 4096 (default: as they come)', wholeNumber('--batch', 1, 4096))
    .option('--requests <count>', 'how many requests to make up for a signature, 1 to 10000 (default: 8)', wholeNumber('--requests', 1, 10_000))
    .option('--pairs <count>', 'interleaved measurements of both models, 1 to 100 (default: 5)', wholeNumber('--pairs', 1, 100))
    .option('--time <seconds>', 'for all measurements together, 1 to 3600 (default: 60)', wholeNumber('--time', 1, 3600))
    .option('--server-url <url>', 'the model server that has to take the new version: http://host:port/v1/models/NAME')
    .option('--dry-run', 'everything but the publication')
    .option('--python <path>', 'a Python with TensorFlow (default: the checkout\'s)')))
    .addHelpText('after', '\nGive exactly one of --model, --stack, --instance and --tag.'
      + '\nExit code: 0 it was published, 1 it was not since it answers otherwise or is slower, 2 it could not be told.')
    .action(async (options: OptimizeOptions, self: Command) => {
      done(await optimize(options, (name) => self.getOptionValueSource(name) === 'cli'));
    });
}

async function optimize(options: OptimizeOptions, given: (name: string) => boolean): Promise<number> {
  return answering(options, async () => {
    const source = checkOptions(options, given);
    // Loaded only now, and only the one: the SDK is most of this command's start.
    const gathered = await (source === 'model' ? (await import('./locally')).optimizeHere(options) : (await import('./remotely')).optimizeInstances(options));
    if (gathered.interrupted) return presentInterruption(gathered.interrupted, options);
    return present(gathered, (await import('./view')).optimizationView, options);
  });
}
