import { SSMClient } from '@aws-sdk/client-ssm';
import { explain, refusedCall, regionFrom } from '../../aws-errors';
import { CannotTell } from '../../cannot-tell';
import { watchForInterruption } from '../../interruption';
import type { Diagnosis, Result } from '../diagnosis';
import { type DiagnoseOptions, runbookParameters } from '../options';
import { Progress } from '../progress';
import { type Runbook, findRunbook } from './document';
import { findInstances } from './instances';
import { outcomeOf } from './outcome';
import { RunCommand } from './run-command';

/** Longer than the runbook's clean-up takes. */
const patienceAfterCancel = 15_000;

/** Sends the runbook to instances by Run Command, and gathers what each of them found. */
export async function diagnoseInstances(options: DiagnoseOptions): Promise<Diagnosis> {
  let region = regionFrom(options.region);
  try {
    // A look that is throttled must not leave the command alone; the user's own setting still wins.
    const client = new SSMClient({ region, ...(!process.env.AWS_MAX_ATTEMPTS && { maxAttempts: 6 }) });
    region = await client.config.region();
    return await run(client, options, region);
  } catch (error) {
    return explain(error, region);
  }
}

async function run(client: SSMClient, options: DiagnoseOptions, region: string): Promise<Diagnosis> {
  const stop = new AbortController();
  const interruption = watchForInterruption(() => stop.abort());
  try {
    const runbook = await findRunbook(client, options, region);
    const instances = await findInstances(client, options, region);
    const unable = [...instances.unable].map(([subject, reason]): Result => ({ subject, reason }));
    if (!instances.able.length) return { results: unable };
    if (interruption.happened) return { results: [], interrupted: 'nothing had been sent' };

    const command = await RunCommand.send(client, { runbook, instances, parameters: runbookParameters(options), deliverySeconds: options.deliverySeconds });
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
      .map(async (id): Promise<Result> => {
        const invocation = came.get(id);
        return invocation ? outcomeOf({ client, region, runbook, command: command.id }, invocation)
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
