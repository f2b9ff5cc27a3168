import { Command } from 'commander';
import { CannotTell } from '../cannot-tell';
import { Terminal } from '../terminal';

export interface ImagesOptions {
  readonly region?: string;
  readonly check?: string;
  readonly json?: boolean;
}

/** `graviton-tf images`: which of AWS's containers a region has, and until when they are patched. */
export function imagesCommand(done: (exitCode: number) => void): Command {
  return new Command('images')
    .description('Lists AWS\'s Graviton TensorFlow inference containers in a region\'s registry: digests, sizes, dates, end of patch.')
    .option('-r, --region <region>', 'AWS region (default: the AWS configuration\'s)')
    .option('-c, --check <tag>', 'judge one image: a tag, repository:tag, or a version such as 2.14.1')
    .option('--json', 'print the list as one JSON document')
    .addHelpText('after', '\nExit code: 0 the list is whole (with --check: present and patched), 1 with --check: missing, or past its end of patch,'
      + '\n2 it could not be told.')
    .action(async (options: ImagesOptions) => done(await images(options)));
}

async function images(options: ImagesOptions): Promise<number> {
  const stdout = new Terminal(process.stdout);
  // Loaded only now: the SDK is most of this command's start.
  const [{ inspectRegistry }, { judge }, { renderCheck, renderImages }] = await Promise.all([import('./inspect'), import('./judge'), import('./render')]);
  try {
    const list = await inspectRegistry(options.region);
    if (options.check === undefined) {
      if (options.json) stdout.line(JSON.stringify(list, undefined, 2));
      else renderImages(list, stdout);
      return 0;
    }
    const verdict = judge(list, options.check);
    if (options.json) stdout.line(JSON.stringify({ schemaVersion: 1, region: list.region, registry: list.registry, ...verdict }, undefined, 2));
    else renderCheck(verdict, stdout);
    return verdict.exitCode;
  } catch (error) {
    if (options.json && error instanceof CannotTell) stdout.line(JSON.stringify({ schemaVersion: 1, exitCode: 2, reason: error.message }, undefined, 2));
    throw error;
  }
}
