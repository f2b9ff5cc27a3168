import { Command, Option } from 'commander';
import { wholeNumber } from '../options';
import { parametersOf } from '../remote/parameters';
import { type BuildOptions, addBuild } from './options';
import { build } from './run';

interface WheelOptions extends BuildOptions {
  readonly release?: string;
  readonly compiler?: string;
  readonly python?: string;
  readonly jobs?: number;
}

/** `graviton-tf build wheel`: TensorFlow from its sources. */
export function wheelCommand(done: (exitCode: number) => void): Command {
  const command = new Command('wheel')
    .description('Builds TensorFlow from its sources as the guide does, tests the wheel, and uploads it with libtensorflow_cc.so and its headers.')
    .option('--release <version>', 'of TensorFlow, such as 2.16.1 (default: the document\'s)')
    .addOption(new Option('--compiler <name>', 'clang, of the version that the release names, or gcc (default: clang)').choices(['clang', 'gcc']))
    .option('--python <version>', 'that the wheel is for, such as 3.11 (default: the newest that the release and the instance have)')
    .option('--jobs <count>', 'compilations at once, 1 to 192 (default: as many as vCPUs and memory allow)', wholeNumber('--jobs', 1, 192));
  return addBuild(command, 'it was built and uploaded')
    .action(async (options: WheelOptions, self: Command) => {
      const { release, compiler, python, jobs } = options;
      const parameters = parametersOf({ Release: release, Compiler: compiler, Python: python, Jobs: jobs });
      done(await build(options, (name) => self.getOptionValueSource(name) === 'cli', parameters, async () => (await import('./wheel-kind')).wheelKind));
    });
}
