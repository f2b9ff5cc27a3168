import { existsSync, readFileSync } from 'node:fs';
import { type Report, parseReport } from '../cli/diagnose/report';
import type { EmbeddedAws } from './embedded-aws';
import { CommandFailed } from './leash';
import type { Workspace } from './workspace';

/** Exit codes of a diagnosis that told something: 0 all is well, 1 findings, 2 something could not be told. */
const told = [0, 1, 2];

/** The operator's own command line, as another process, against the embedded AWS: what it prints is the report. */
export async function diagnose(
  workspace: Workspace, aws: EmbeddedAws, stack: string, options: readonly string[], note: (line: string) => void,
): Promise<Report> {
  // stdout apart from the progress, which the leash's log gets.
  const file = `${workspace.directory('diagnoses')}/${Date.now()}.json`;
  const leash = workspace.start({
    name: 'diagnose',
    command: ['/bin/sh', '-c', 'exec "$@" >"$0"', file, ...thisCommandLine(), 'diagnose', '--stack', stack, '--json', ...options],
    environment: {
      ...workspace.environment(workspace.directory('home')),
      ...aws.operatorEnvironment,
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    },
    cwd: workspace.project.root,
  });
  const status = await leash.finish((line) => note(line.trim()));
  const report = parseReport(existsSync(file) ? readFileSync(file, 'utf8') : '');
  if (typeof report === 'string' || !told.includes(status)) {
    const lines = leash.lines();
    throw new CommandFailed(`graviton-tf diagnose: ${lines.at(-1) ?? (typeof report === 'string' ? report : `it ended with status ${status}`)}`, lines);
  }
  return report;
}

/** How this very process was started: from its source or bundled. */
function thisCommandLine(): string[] {
  return [process.execPath, ...process.execArgv, process.argv[1]];
}
