import { type CommandInvocation, type CommandPlugin, GetCommandInvocationCommand, type SSMClient } from '@aws-sdk/client-ssm';
import type { AnyReport } from '../result';
import type { RunbookKind } from './kind';

type Kind = Pick<RunbookKind<AnyReport>, 'work' | 'shorter'>;

/** What the service says of a command that brought no report, with what to do. */
const endings: Readonly<Record<string, (id: string, kind: Kind, step?: string) => string>> = {
  DeliveryTimedOut: (id) => `${id} did not receive the command in time: check that its SSM agent runs and is not busy with another command, or raise --delivery-seconds.`,
  Undeliverable: (id) => `The command could not be delivered to ${id}: check that the instance exists and runs, and that its SSM agent answers.`,
  ExecutionTimedOut: (id, { work, shorter }, step) => `The ${work} on ${id} ran out of time${step ? ` in step ${step}` : ''}, and its clean-up has run: ${shorter}.`,
  Terminated: (id) => `The command was ended before it reached ${id}, since too many other instances had failed: send it to this instance alone with --instance ${id}.`,
  InvalidPlatform: (id) => `${id} runs no Linux that the runbook knows: it is for Linux.`,
  AccessDenied: (id) => `${id} may not run the document: its role needs AmazonSSMManagedInstanceCore.`,
  RateExceeded: (id) => `Systems Manager has too many commands under way to send this one to ${id}: try again in a minute.`,
  Cancelled: (id) => `The command was cancelled by somebody else while ${id} ran it: run it again.`,
};

export async function failureOf(client: SSMClient, kind: Kind, command: string, { InstanceId: id = '', StatusDetails, Status, CommandPlugins = [] }: CommandInvocation): Promise<string> {
  const details = (StatusDetails ?? Status ?? 'Unknown').replace(/\s+/g, '');
  // The step that stopped the others comes before those that had nothing left to do.
  const step = CommandPlugins.find(hasFailed);
  const known = endings[details === 'Canceled' ? 'Cancelled' : details];
  if (known) return known(id, kind, step?.Name);
  if (!step?.Name) return `The command ended on ${id} as ${details} and named no step: read aws ssm list-command-invocations --details --command-id ${command}.`;
  return failureOfStep(client, kind, command, id, step);
}

/** Why one step failed, by its own words. */
export async function failureOfStep(client: SSMClient, { shorter }: Kind, command: string, id: string, { Name = '', Status, ResponseCode }: CommandPlugin): Promise<string> {
  const cause = await lastWords(client, command, id, Name);
  if (Status === 'TimedOut') return `Step ${Name} ran out of time on ${id}${cause ? ` (${cause})` : ''}: ${shorter}.`;
  return cause
    ? `Step ${Name} failed on ${id}: ${cause}`
    : `Step ${Name} failed on ${id} with status ${ResponseCode ?? 'unknown'} and wrote nothing to stderr: read aws ssm list-command-invocations --details --command-id ${command}.`;
}

export function hasFailed({ Status }: CommandPlugin): boolean {
  return Status === 'Failed' || Status === 'TimedOut' || Status === 'Cancelled';
}

/** The last line a step wrote to stderr: the steps end with one sentence that holds the fix. */
async function lastWords(client: SSMClient, command: string, InstanceId: string, step: string): Promise<string | undefined> {
  const { StandardErrorContent = '' } = await client.send(new GetCommandInvocationCommand({ CommandId: command, InstanceId, PluginName: step }));
  // The agent adds a line of its own, `failed to run commands: exit status 1`.
  const lines = StandardErrorContent.split('\n').map((line) => line.trim()).filter((line) => line && !/^failed to run commands:/.test(line) && line !== '----------ERROR-------');
  return lines.at(-1);
}
