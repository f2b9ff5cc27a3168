import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { CannotTell } from './cannot-tell';

/** How a report is shown: the same options for every command that has one. */
export interface OutputOptions {
  readonly json?: boolean;
  readonly markdown?: boolean;
  readonly html?: string;
}

export function addOutput(command: Command): Command {
  return command
    .option('--json', 'print the report as one JSON document (progress goes to stderr)')
    .option('--markdown', 'print the report as Markdown')
    .option('--html <file>', 'also write the report as one HTML page');
}

export function checkOutput({ json, markdown, html }: OutputOptions): void {
  if (json && markdown) throw new CannotTell('--json and --markdown both print the report: give one of them.');
  if (html !== undefined) checkWritable('--html', html);
}

/** That a file can be written there, before the work for it is done. */
export function checkWritable(flag: string, file: string): void {
  const folder = dirname(resolve(file));
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw new CannotTell(`${flag} ${file} cannot be written: there is no folder ${folder}.`);
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) throw new CannotTell(`${flag} ${file} is a directory: give a file's name.`);
}

/** Sources of which a command takes exactly one, and the options that go with some of them only. */
export interface Sources<Source extends string, Name extends string> {
  /** Each with its option as a usage line has it, such as `--stack NAME`. */
  readonly usage: Readonly<Record<Source, string>>;
  /** The sentence where none was given ends this, such as "Nothing to diagnose was named". */
  readonly missing: string;
  /** Elsewhere these would be silently ignored. */
  readonly restricted: ReadonlyArray<readonly [name: Name, where: readonly Source[]]>;
}

/** The one source that was given. */
export function chooseSource<Source extends string, Name extends string>({ usage, missing, restricted }: Sources<Source, Name>, given: (name: string) => boolean): Source {
  const usages = Object.values<string>(usage);
  const choice = `${usages.slice(0, -1).join(', ')} or ${usages.at(-1)}`;
  const chosen = (Object.keys(usage) as Source[]).filter(given);
  if (!chosen.length) throw new CannotTell(`${missing}: give one of ${choice}.`);
  if (chosen.length > 1) throw new CannotTell(`${chosen.map(flagOf).join(' and ')} were given together: give exactly one of ${choice}.`);
  const [source] = chosen;
  for (const [name, where] of restricted) {
    if (given(name) && !where.includes(source)) throw new CannotTell(`${flagOf(name)} has no meaning with ${flagOf(source)}: it goes with ${where.map(flagOf).join(', ')}.`);
  }
  return source;
}

/** As it is typed. */
export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

export const wholeNumber = (flag: string, least: number, most: number) => (text: string): number => {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (!(number >= least && number <= most)) throw new CannotTell(`${flag} is "${text}": give a whole number from ${least} to ${most}.`);
  return number;
};

/** A number above or at `least`, as people write it: 0.001 or 1e-3. */
export const anyNumber = (flag: string, least = 0) => (text: string): number => {
  const number = /^\d*\.?\d+(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;
  if (!(number >= least && Number.isFinite(number))) throw new CannotTell(`${flag} is "${text}": give a number of at least ${least}, such as ${least > 0 ? least * 2 : '0.001'}.`);
  return number;
};
