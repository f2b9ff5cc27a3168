import { existsSync, readFileSync } from 'node:fs';
import type { EmbeddedAws } from './embedded-aws';
import { CommandFailed } from './leash';
import type { Workspace } from './workspace';

export interface Printed {
  readonly status: number;
  readonly stdout: string;
  /** What it said on stderr: its progress, and why it could not. */
  readonly stderr: readonly string[];
}

/** The operator's own command line, as another process, against the embedded AWS. */
export async function runCommandLine(
  workspace: Workspace, aws: EmbeddedAws, [command, ...options]: readonly [string, ...string[]], note: (line: string) => void,
): Promise<Printed> {
  // stdout apart from the progress, which the leash's log gets.
  const file = `${workspace.directory('printed')}/${command}-${Date.now()}.json`;
  const leash = workspace.start({
    name: command,
    command: ['/bin/sh', '-c', 'exec "$@" >"$0"', file, ...thisCommandLine(), command, ...options],
    environment: {
      ...workspace.environment(workspace.directory('home')),
      ...aws.operatorEnvironment,
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    },
    cwd: workspace.project.root,
  });
  const status = await leash.finish((line) => note(line.trim()));
  return { status, stdout: existsSync(file) ? readFileSync(file, 'utf8') : '', stderr: leash.lines() };
}

/** @throws with what the command said last */
export function commandFailed(command: string, { status, stderr }: Printed, why?: string): CommandFailed {
  return new CommandFailed(`graviton-tf ${command}: ${stderr.at(-1) ?? why ?? `it ended with status ${status}`}`, stderr);
}

/** How this very process was started: from its source or bundled. */
function thisCommandLine(): string[] {
  return [process.execPath, ...process.execArgv, process.argv[1]];
}
