import { Command } from 'commander';
import { addOutput, wholeNumber } from '../options';
import { answering, presentInterruption } from '../present';
import { addSelection } from '../remote/selection';
import { type DiagnoseOptions, checkOptions } from './options';

/** `graviton-tf diagnose`: from "it is slow" to the line that fixes it. */
export function diagnoseCommand(done: (exitCode: number) => void): Command {
  const command = new Command('diagnose')
    .description('Tells why a model server is slower than its Graviton, and the line that changes it.');
  return addOutput(addSelection(command)
    .option('-l, --log <file...>', 'these files of one run with DNNL_VERBOSE=1, on this machine; - is stdin')
    .option('--local', 'the model server on this machine')
    .option('--server <name>', 'name of the server\'s container, or its process id (default: found)')
    .option('--log-path <path>', 'judge this log on the instance, and start no shadow of the server')
    .option('--batch <count>', 'batch size to judge, 1 to 4096 (default: as served)', wholeNumber('--batch', 1, 4096))
    .option('--requests <count>', 'how many requests the shadow answers, 1 to 100 (default: 3)', wholeNumber('--requests', 1, 100))
    .option('--shadow-seconds <seconds>', 'how long the shadow may live, 30 to 1500 (default: 300)', wholeNumber('--shadow-seconds', 30, 1500)))
    .addHelpText('after', '\nGive exactly one of --stack, --instance, --tag, --log and --local.'
      + '\nExit code: 0 all is well, 1 there are findings, 2 something could not be told.')
    .action(async (options: DiagnoseOptions, command: Command) => {
      const given = (name: string) => command.getOptionValueSource(name) === 'cli';
      done(await diagnose(options, given));
    });
}

async function diagnose(options: DiagnoseOptions, given: (name: string) => boolean): Promise<number> {
  return answering(options, async () => {
    const source = checkOptions(options, given);
    // Loaded only now, and only the one: the SDK is most of this command's start.
    const diagnosis = await gather(source, options);
    if (diagnosis.interrupted) return presentInterruption(diagnosis.interrupted, options);
    return (await import('./present')).present(diagnosis, options);
  });
}

async function gather(source: ReturnType<typeof checkOptions>, options: DiagnoseOptions) {
  switch (source) {
    case 'log': return (await import('./from-log')).diagnoseLog(options.log ?? []);
    case 'local': return (await import('./locally')).diagnoseHere(options);
    default: return (await import('./remotely')).diagnoseInstances(options);
  }
}
