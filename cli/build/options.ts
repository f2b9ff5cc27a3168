import type { Command } from 'commander';
import { type OutputOptions, type Sources, addOutput, checkOutput, chooseSource } from '../options';
import { type ParameterOptions, addParameters } from '../remote/parameters';
import { type SelectionOptions, addSelection, checkSelection, type remoteSources } from '../remote/selection';

/** What every kind of build takes. */
export interface BuildOptions extends SelectionOptions, OutputOptions, ParameterOptions {
  readonly fresh?: boolean;
}

type Source = typeof remoteSources[number];

const sources: Sources<Source, string> = {
  usage: { stack: '--stack NAME', instance: '--instance ID', tag: '--tag KEY=VALUE' },
  missing: 'No instance to build on was named',
  restricted: [],
};

/** Options and the words on exit codes that all kinds share; `ended` is what 0 stands for. */
export function addBuild(command: Command, ended: string): Command {
  return addOutput(addParameters(addSelection(command)
    .option('--fresh', 'begin anew, without what a build that failed has kept on the instance')))
    .addHelpText('after', '\nGive exactly one of --stack, --instance and --tag. --stack means the instances with the tag graviton-tensorflow:build=STACK.'
      + `\nExit code: 0 ${ended}, 1 its test refused it, 2 it could not be told.`);
}

/** What can be told wrong before anything is started. */
export function checkBuild(options: BuildOptions, given: (name: string) => boolean): void {
  chooseSource(sources, given);
  checkSelection(options);
  checkOutput(options);
}
