import { existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { CannotTell } from '../cannot-tell';

export interface DiagnoseOptions {
  readonly stack?: string;
  readonly instance?: readonly string[];
  readonly tag?: string;
  readonly log?: readonly string[];
  readonly local?: boolean;
  readonly region?: string;
  readonly document?: string;
  readonly server?: string;
  readonly logPath?: string;
  readonly batch?: number;
  readonly requests?: number;
  readonly shadowSeconds?: number;
  readonly deliverySeconds: number;
  readonly json?: boolean;
  readonly markdown?: boolean;
  readonly html?: string;
}

const sources = ['stack', 'instance', 'tag', 'log', 'local'] as const;
export type Source = typeof sources[number];

/** Options that only some sources have a use for: elsewhere they would be silently ignored. */
const restricted: ReadonlyArray<readonly [flag: string, name: keyof DiagnoseOptions, where: readonly Source[]]> = [
  ['--region', 'region', ['stack', 'instance', 'tag']],
  ['--document', 'document', ['stack', 'instance', 'tag']],
  ['--delivery-seconds', 'deliverySeconds', ['stack', 'instance', 'tag']],
  ['--server', 'server', ['stack', 'instance', 'tag', 'local']],
  ['--log-path', 'logPath', ['stack', 'instance', 'tag', 'local']],
  ['--batch', 'batch', ['stack', 'instance', 'tag', 'local']],
  ['--requests', 'requests', ['stack', 'instance', 'tag', 'local']],
  ['--shadow-seconds', 'shadowSeconds', ['stack', 'instance', 'tag', 'local']],
];

/** What SendCommand takes. */
const mostInstances = 50;

/** What can be told wrong before anything is started. */
export function checkOptions(options: DiagnoseOptions, given: (name: string) => boolean): Source {
  const chosen = sources.filter(given);
  const choice = '--stack NAME, --instance ID, --tag KEY=VALUE, --log FILE or --local';
  if (!chosen.length) throw new CannotTell(`Nothing to diagnose was named: give one of ${choice}.`);
  if (chosen.length > 1) throw new CannotTell(`${chosen.map((name) => `--${name}`).join(' and ')} were given together: give exactly one of ${choice}.`);
  const [source] = chosen;
  for (const [flag, name, where] of restricted) {
    if (given(name) && !where.includes(source)) throw new CannotTell(`${flag} has no meaning with --${source}: it goes with ${where.map((other) => `--${other}`).join(', ')}.`);
  }
  if (options.json && options.markdown) throw new CannotTell('--json and --markdown both print the report: give one of them.');
  if (options.tag !== undefined) parseTag(options.tag);
  if (options.instance) checkInstances(options.instance);
  if (options.log) checkLogs(options.log);
  if (options.logPath !== undefined && !options.logPath.startsWith('/')) {
    throw new CannotTell(`--log-path is "${options.logPath}": give the log's absolute path on the instance.`);
  }
  if (options.html !== undefined) checkWritable(options.html);
  return source;
}

export function parseTag(tag: string): readonly [key: string, value: string] {
  const at = tag.indexOf('=');
  if (at < 1 || at === tag.length - 1) throw new CannotTell(`--tag is "${tag}": give a key and a value, such as environment=production.`);
  return [tag.slice(0, at), tag.slice(at + 1)];
}

function checkInstances(ids: readonly string[]): void {
  const wrong = ids.find((id) => !/^(i-[0-9a-f]{8}|m?i-[0-9a-f]{17})$/.test(id));
  if (wrong !== undefined) throw new CannotTell(`--instance is "${wrong}": give an instance's id, such as i-0123456789abcdef0.`);
  if (new Set(ids).size > mostInstances) throw new CannotTell(`--instance names ${new Set(ids).size} instances, and one command takes ${mostInstances}: choose them with --tag.`);
}

function checkLogs(files: readonly string[]): void {
  if (files.filter((file) => file === '-').length > 1) throw new CannotTell('--log names - twice: stdin can be read once.');
  for (const file of files) {
    if (file === '-') continue;
    if (!existsSync(file)) throw new CannotTell(`--log ${file} is not there: give the file that the server's output went to.`);
    if (statSync(file).isDirectory()) throw new CannotTell(`--log ${file} is a directory: give the files in it.`);
  }
}

function checkWritable(file: string): void {
  const folder = dirname(resolve(file));
  if (!existsSync(folder)) throw new CannotTell(`--html ${file} cannot be written: there is no folder ${folder}.`);
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) throw new CannotTell(`--html ${file} is a directory: give a file's name.`);
}

export const wholeNumber = (flag: string, least: number, most: number) => (text: string): number => {
  const number = /^\d{1,6}$/.test(text) ? Number(text) : NaN;
  if (!(number >= least && number <= most)) throw new CannotTell(`${flag} is "${text}": give a whole number from ${least} to ${most}.`);
  return number;
};

/** The runbook's parameters; what was not given stays at the document's default. */
export function runbookParameters({ server, logPath, batch, requests, shadowSeconds }: DiagnoseOptions): Record<string, string> {
  const values = { Server: server, LogPath: logPath, BatchSize: batch, Requests: requests, ShadowSeconds: shadowSeconds };
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined).map(([name, value]) => [name, String(value)]));
}
