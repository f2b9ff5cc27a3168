import { SSMClient } from '@aws-sdk/client-ssm';
import { explain, refusedCall, regionFrom } from '../aws-errors';
import { CannotTell } from '../cannot-tell';
import { watchForInterruption } from '../interruption';
import { Progress } from '../progress';
import type { AnyReport, Gathered, Result } from '../result';
import { type Runbook, findRunbook } from './document';
import { findInstances } from './instances';
import type { RunbookKind } from './kind';
import { outcomeOf } from './outcome';
import { RunCommand } from './run-command';
import type { SelectionOptions } from './selection';

export interface Sending<Report extends AnyReport> {
  readonly kind: RunbookKind<Report>;
  readonly selection: SelectionOptions;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Longer than a runbook's clean-up takes. */
const patienceAfterCancel = 15_000;

/** Sends a runbook to instances by Run Command, and gathers what each of them found. */
export async function sendRunbook<Report extends AnyReport>(sending: Sending<Report>): Promise<Gathered<Report>> {
  let region = regionFrom(sending.selection.region);
  try {
    // A look that is throttled must not leave the command alone; the user's own setting still wins.
    const client = new SSMClient({ region, ...(!process.env.AWS_MAX_ATTEMPTS && { maxAttempts: 6 }) });
    region = await client.config.region();
    return await run(client, sending, region);
  } catch (error) {
    return explain(error, region);
  }
}

async function run<Report extends AnyReport>(client: SSMClient, { kind, selection, parameters }: Sending<Report>, region: string): Promise<Gathered<Report>> {
  const stop = new AbortController();
  const interruption = watchForInterruption(() => stop.abort());
  try {
    const runbook = await findRunbook(client, kind, selection, region);
    const instances = await findInstances(client, kind, selection, region);
    const unable = [...instances.unable].map(([subject, reason]): Result<Report> => ({ subject, reason }));
    if (!instances.able.length) return { results: unable };
    if (interruption.happened) return { results: [], interrupted: 'nothing had been sent' };

    const command = await RunCommand.send(client, { runbook, comment: kind.command, instances, parameters, deliverySeconds: selection.deliverySeconds });
    const watched = await watchToItsEnd(command, instances.able, `${runbook.name} version ${runbook.version}`, stop.signal).catch(async (error: unknown) => {
      // Nobody would read what it finds.
      await command.cancel(0).catch(() => { /* it ends by itself */ });
      throw error;
    });
    if (interruption.happened) return { results: [], interrupted: await cancel(command, runbook) };
    const came = new Map(watched.map((invocation) => [invocation.InstanceId, invocation]));
    const results = await Promise.all([...new Set([...instances.able, ...watched.map(({ InstanceId }) => InstanceId as string)])]
      // One of those that were judged unable before is told once.
      .filter((id) => !instances.unable.has(id))
      .map(async (id): Promise<Result<Report>> => {
        const invocation = came.get(id);
        return invocation ? outcomeOf({ client, kind, region, runbook, command: command.id }, invocation)
          : { subject: id, reason: `Systems Manager never sent the command to ${id}: check that the instance still runs.` };
      }));
    return { results: [...results, ...unable] };
  } finally {
    interruption.stop();
  }
}

async function watchToItsEnd(command: RunCommand, ids: readonly string[], title: string, stopped: AbortSignal) {
  const progress = new Progress(title, ids);
  try {
    return await command.watch((invocations) => {
      for (const { InstanceId, Status, CommandPlugins = [] } of invocations) {
        for (const { Name, Status: status } of CommandPlugins) progress.step(InstanceId as string, Name ?? '', status ?? '');
        progress.state(InstanceId as string, Status ?? '');
      }
    }, stopped);
  } finally {
    await progress.end();
  }
}

async function cancel(command: RunCommand, { name }: Runbook): Promise<string> {
  try {
    return await command.cancel(patienceAfterCancel)
      ? `command ${command.id} was cancelled, and the instances have ended it`
      : `command ${command.id} was cancelled, and instances are still cleaning up`;
  } catch (error) {
    const call = refusedCall(error as Error);
    const why = call ? `the credentials may not call ${call}` : (error as Error).name;
    throw new CannotTell(`Command ${command.id} of ${name} could not be cancelled (${why}): it ends by itself, or cancel it with aws ssm cancel-command --command-id ${command.id}.`);
  }
}
