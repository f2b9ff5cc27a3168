import { type Report, parseReport } from '../cli/diagnose/report';
import { commandFailed, runCommandLine } from './command-line';
import type { EmbeddedAws } from './embedded-aws';
import type { Workspace } from './workspace';

/** Exit codes of a diagnosis that told something: 0 all is well, 1 findings, 2 something could not be told. */
const told = [0, 1, 2];

/** What `graviton-tf diagnose` finds: what it prints is the report. */
export async function diagnose(
  workspace: Workspace, aws: EmbeddedAws, stack: string, options: readonly string[], note: (line: string) => void,
): Promise<Report> {
  const printed = await runCommandLine(workspace, aws, ['diagnose', '--stack', stack, '--json', ...options], note);
  const report = parseReport(printed.stdout);
  if (typeof report === 'string' || !told.includes(printed.status)) throw commandFailed('diagnose', printed, typeof report === 'string' ? report : undefined);
  return report;
}
