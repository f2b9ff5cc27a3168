import { setTimeout as sleep } from 'node:timers/promises';
import { CancelCommandCommand, type CommandInvocation, InvalidCommandId, SendCommandCommand, type SSMClient, paginateListCommandInvocations } from '@aws-sdk/client-ssm';
import { resultsPrefix } from '../../lib/runbooks/runbook-names';
import type { Runbook } from './document';
import type { Instances } from './instances';

/** Between two looks, in milliseconds: soon at first, then rarely enough for the API's rate. */
const [firstLook, laterLooks] = [400, 2500];

export interface Order {
  readonly runbook: Runbook;
  /** What Run Command keeps as the command's comment. */
  readonly comment: string;
  readonly instances: Instances;
  readonly parameters: Readonly<Record<string, string>>;
  /** How long an instance may take to receive the command. */
  readonly deliverySeconds: number;
}

/** One command that was sent: watched to its end, or cancelled. */
export class RunCommand {
  static async send(client: SSMClient, { runbook, comment, instances, parameters, deliverySeconds }: Order): Promise<RunCommand> {
    const { Command } = await client.send(new SendCommandCommand({
      DocumentName: runbook.name,
      DocumentVersion: runbook.version,
      ...(runbook.hash && { DocumentHash: runbook.hash, DocumentHashType: 'Sha256' }),
      ...instances.selection,
      Parameters: Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, [value]])),
      TimeoutSeconds: deliverySeconds,
      // One instance that fails says nothing about the others.
      MaxErrors: '100%',
      Comment: comment,
      ...(runbook.bucket && { OutputS3BucketName: runbook.bucket, OutputS3KeyPrefix: resultsPrefix(runbook.word) }),
    }));
    return new RunCommand(client, Command?.CommandId as string, instances.able, deliverySeconds * 1000);
  }

  private constructor(private readonly client: SSMClient, readonly id: string, private readonly expected: readonly string[], private readonly patience: number) {}

  /** Looks until every instance has ended, or `stopped`. The service itself ends what takes too long. */
  async watch(onLook: (invocations: readonly CommandInvocation[]) => void, stopped: AbortSignal): Promise<readonly CommandInvocation[]> {
    const began = Date.now();
    for (let pause = firstLook; ; pause = Math.min(pause * 1.5, laterLooks)) {
      const invocations = await this.invocations();
      onLook(invocations);
      const seen = new Map(invocations.map((invocation) => [invocation.InstanceId, invocation]));
      // A target that the service never resolved, such as an instance terminated since, gets no invocation.
      const waiting = this.expected.filter((id) => (seen.has(id) ? !hasEnded(seen.get(id)) : Date.now() - began < this.patience));
      if (!waiting.length || stopped.aborted) return invocations;
      await sleep(pause, undefined, { signal: stopped }).catch(() => { /* stopped: a last look follows */ });
    }
  }

  /** Cancels it on every instance and waits a little, so that the runbook's clean-up has been seen to end. */
  async cancel(milliseconds: number): Promise<boolean> {
    await this.client.send(new CancelCommandCommand({ CommandId: this.id }));
    const deadline = Date.now() + milliseconds;
    for (;;) {
      const invocations = await this.invocations();
      if (invocations.length && invocations.every(hasEnded)) return true;
      if (Date.now() > deadline) return false;
      await sleep(firstLook);
    }
  }

  private async invocations(): Promise<CommandInvocation[]> {
    const found: CommandInvocation[] = [];
    try {
      for await (const page of paginateListCommandInvocations({ client: this.client }, { CommandId: this.id, Details: true })) found.push(...page.CommandInvocations ?? []);
    } catch (error) {
      // The service takes a moment to know its newest commands everywhere.
      if (!(error instanceof InvalidCommandId)) throw error;
    }
    return found;
  }
}

function hasEnded(invocation: CommandInvocation | undefined): boolean {
  return !['Pending', 'InProgress', 'Delayed', 'Cancelling'].includes(invocation?.Status ?? 'Pending');
}
