import { existsSync, statSync } from 'node:fs';
import { CannotTell } from '../cannot-tell';
import { type OutputOptions, type Sources, checkOutput, chooseSource } from '../options';
import { parametersOf } from '../remote/parameters';
import { type SelectionOptions, checkSelection, remoteOnly, remoteSources } from '../remote/selection';

export interface DiagnoseOptions extends SelectionOptions, OutputOptions {
  readonly log?: readonly string[];
  readonly local?: boolean;
  readonly server?: string;
  readonly logPath?: string;
  readonly batch?: number;
  readonly requests?: number;
  readonly shadowSeconds?: number;
}

export type Source = typeof remoteSources[number] | 'log' | 'local';

const running: readonly Source[] = [...remoteSources, 'local'];

const sources: Sources<Source, keyof DiagnoseOptions> = {
  usage: { stack: '--stack NAME', instance: '--instance ID', tag: '--tag KEY=VALUE', log: '--log FILE', local: '--local' },
  missing: 'Nothing to diagnose was named',
  restricted: [
    ...remoteOnly.map((name) => [name, remoteSources] as const),
    ...(['server', 'logPath', 'batch', 'requests', 'shadowSeconds'] as const).map((name) => [name, running] as const),
  ],
};

/** What can be told wrong before anything is started. */
export function checkOptions(options: DiagnoseOptions, given: (name: string) => boolean): Source {
  const source = chooseSource(sources, given);
  checkSelection(options);
  if (options.log) checkLogs(options.log);
  if (options.logPath !== undefined && !options.logPath.startsWith('/')) {
    throw new CannotTell(`--log-path is "${options.logPath}": give the log's absolute path on the instance.`);
  }
  checkOutput(options);
  return source;
}

function checkLogs(files: readonly string[]): void {
  if (files.filter((file) => file === '-').length > 1) throw new CannotTell('--log names - twice: stdin can be read once.');
  for (const file of files) {
    if (file === '-') continue;
    if (!existsSync(file)) throw new CannotTell(`--log ${file} is not there: give the file that the server's output went to.`);
    if (statSync(file).isDirectory()) throw new CannotTell(`--log ${file} is a directory: give the files in it.`);
  }
}

/** The runbook's parameters; what was not given stays at the document's default. */
export function runbookParameters({ server, logPath, batch, requests, shadowSeconds }: DiagnoseOptions): Record<string, string> {
  return parametersOf({ Server: server, LogPath: logPath, BatchSize: batch, Requests: requests, ShadowSeconds: shadowSeconds });
}
