import { Command, Option } from 'commander';
import { CannotTell } from '../cannot-tell';
import { parametersOf } from '../remote/parameters';
import { type BuildOptions, addBuild } from './options';
import { build } from './run';

interface JavaOptions extends BuildOptions {
  readonly release?: string;
  readonly source?: string;
  readonly skipTests?: boolean;
}

/** `graviton-tf build java`: TensorFlow Java for linux-arm64, as it is published, or built. */
export function javaCommand(done: (exitCode: number) => void): Command {
  const command = new Command('java')
    .description('Fetches TensorFlow Java for linux-arm64 as it is published, or builds it, tests it against Python, and uploads it as a Maven repository.')
    .option('--release <version>', 'of TensorFlow Java, such as 1.1.0 (default: the document\'s)')
    .addOption(new Option('--source <which>', 'published, or build (default: published)').choices(['published', 'build']))
    .option('--skip-tests', 'with --source build, leave out TensorFlow Java\'s own unit tests');
  return addBuild(command, 'it was fetched or built, and uploaded')
    .action(async (options: JavaOptions, self: Command) => {
      const { release, source, skipTests } = options;
      const parameters = parametersOf({ Release: release, Source: source, SkipTests: skipTests });
      const load = async () => {
        if (skipTests && source !== 'build') throw new CannotTell('--skip-tests leaves out what a build tests: it goes with --source build.');
        return (await import('./java-kind')).javaKind;
      };
      done(await build(options, (name) => self.getOptionValueSource(name) === 'cli', parameters, load));
    });
}
