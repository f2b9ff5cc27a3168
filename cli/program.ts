import { Command, CommanderError } from 'commander';
import { version } from '../package.json';
import { benchmarkCommand } from './benchmark/command';
import { buildCommand } from './build/command';
import { CannotTell } from './cannot-tell';
import { compareCommand } from './compare/command';
import { diagnoseCommand } from './diagnose/command';
import { imagesCommand } from './images/command';
import { optimizeCommand } from './optimize/command';
import { rehearseCommand } from './rehearse';
import { Terminal } from './terminal';
import { whyCommand } from './why';

/** Exit codes of every command: 0 all is well, 1 it found something wrong, 2 it could not tell. */
export async function run(argv: readonly string[]): Promise<number> {
  let code = 0;
  const program = new Command('graviton-tf')
    .description('Operates TensorFlow servers on AWS Graviton.')
    .version(version)
    .showHelpAfterError('(graviton-tf --help shows what there is)')
    .helpOption('-h, --help', 'show this help')
    .exitOverride();
  for (const command of [whyCommand, diagnoseCommand, optimizeCommand, benchmarkCommand, compareCommand, buildCommand, imagesCommand, rehearseCommand]) program.addCommand(withSettingsOf(program, command((result) => { code = result; })));
  // The SDK's advice to its developers; the Node that this package needs is checked elsewhere.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  try {
    if (argv.length <= 2) program.help();
    await program.parseAsync(argv);
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const stderr = new Terminal(process.stderr);
    if (error instanceof CannotTell) stderr.marked(stderr.red('✖'), error.message);
    else stderr.line(`${stderr.red('✖')} ${error instanceof Error ? error.stack ?? error.message : String(error)}`);
    return 2;
  }
}

/** Of the whole program, for a command and those below it. */
function withSettingsOf(program: Command, command: Command): Command {
  for (const each of command.commands) withSettingsOf(program, each);
  return command.copyInheritedSettings(program);
}
