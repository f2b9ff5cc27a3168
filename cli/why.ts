import { Command } from 'commander';
import { CannotTell } from './cannot-tell';
import { Terminal } from './terminal';

export interface WhyOptions {
  readonly stack: string;
  readonly region?: string;
  readonly lines: number;
  readonly json?: boolean;
}

/** `graviton-tf why`: what became of a stack's last boot. */
export function whyCommand(done: (exitCode: number) => void): Command {
  return new Command('why')
    .description('Tells why a server\'s last boot failed, or how long each phase took when it succeeded.')
    .option('-s, --stack <name>', 'the server\'s CloudFormation stack', 'GravitonTensorFlow')
    .option('-r, --region <region>', 'AWS region (default: the AWS configuration\'s)')
    .option('-n, --lines <count>', 'how many of the last log lines to show', positive, 15)
    .option('--json', 'print the findings as one JSON document')
    .addHelpText('after', '\nExit code: 0 the last boot succeeded, 1 it failed, 2 it could not be told.')
    .action(async (options: WhyOptions) => done(await why(options)));
}

function positive(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new CannotTell(`--lines is "${text}": give a number from 1 to 9999.`);
  return Number(text);
}

export async function why(options: WhyOptions): Promise<number> {
  const stdout = new Terminal(process.stdout);
  // Loaded only now: the SDK is most of this command's start.
  const [{ inspectBoot }, { renderBoot }] = await Promise.all([import('./boot/inspect'), import('./boot/render')]);
  try {
    const report = await inspectBoot(options);
    if (options.json) stdout.line(JSON.stringify(report, undefined, 2));
    else renderBoot(report, stdout);
    return report.outcome === 'ready' ? 0 : 1;
  } catch (error) {
    if (options.json && error instanceof CannotTell) {
      stdout.line(JSON.stringify({ schemaVersion: 1, stack: options.stack, outcome: 'unknown', reason: error.message }, undefined, 2));
    }
    throw error;
  }
}
