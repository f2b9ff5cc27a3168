import { type CloudWatchLogsClient, GetLogEventsCommand, type LogStream, ResourceNotFoundException, paginateDescribeLogStreams } from '@aws-sdk/client-cloudwatch-logs';

/** What a boot writes to its log stream when it ends: `userdata/bootstrap.sh`, boot_event. */
export interface BootEvent {
  readonly status: 'ready' | 'failed';
  readonly seconds: number;
  readonly phases: Readonly<Record<string, number>>;
  readonly phase?: string;
  readonly cause?: string;
  readonly log?: readonly string[];
}

export interface BootLog {
  readonly group: string;
  readonly stream: string;
  readonly instance: string;
  readonly at?: Date;
  readonly event?: BootEvent;
  readonly lines: readonly string[];
}

const prefix = 'boot/';

/** The newest boot's stream in any of the groups, or the stream of one instance. */
export async function findBootLog(client: CloudWatchLogsClient, groups: readonly string[], instance?: string): Promise<BootLog | undefined> {
  let newest: { group: string; stream: LogStream } | undefined;
  for (const group of groups) {
    for (const stream of await streams(client, group, `${prefix}${instance ?? ''}`)) {
      if (!newest || moment(stream) > moment(newest.stream)) newest = { group, stream };
    }
  }
  return newest && readBootLog(client, newest.group, newest.stream);
}

function moment(stream: LogStream): number {
  return stream.lastEventTimestamp ?? stream.creationTime ?? 0;
}

async function streams(client: CloudWatchLogsClient, group: string, logStreamNamePrefix: string): Promise<LogStream[]> {
  const found: LogStream[] = [];
  try {
    for await (const page of paginateDescribeLogStreams({ client }, { logGroupName: group, logStreamNamePrefix })) found.push(...(page.logStreams ?? []));
  } catch (error) {
    // A rollback deletes the group with the stack's other resources.
    if (!(error instanceof ResourceNotFoundException)) throw error;
  }
  return found;
}

async function readBootLog(client: CloudWatchLogsClient, group: string, stream: LogStream): Promise<BootLog> {
  const name = stream.logStreamName as string;
  const { events = [] } = await client.send(new GetLogEventsCommand({ logGroupName: group, logStreamName: name, limit: 200, startFromHead: false }));
  const messages = events.flatMap((event) => (event.message ?? '').trimEnd().split('\n'));
  // A script that ran again has written more than one; the last counts, with what follows it.
  const { event, after } = lastBootEvent(messages);
  return {
    group,
    stream: name,
    instance: name.slice(prefix.length),
    at: moment(stream) ? new Date(moment(stream)) : undefined,
    event,
    lines: after.length ? after : event?.log ?? [],
  };
}

/** The last boot's report among lines that a boot has written, and what follows it. */
export function lastBootEvent(lines: readonly string[]): { event?: BootEvent; after: readonly string[] } {
  for (let last = lines.length - 1; last >= 0; last--) {
    const event = parseBootEvent(lines[last]);
    if (event) return { event, after: lines.slice(last + 1) };
  }
  return { after: lines };
}

function parseBootEvent(message: string): BootEvent | undefined {
  if (!message.startsWith('{')) return undefined;
  try {
    const parsed = JSON.parse(message) as BootEvent & { event?: string };
    return parsed.event === 'boot' ? parsed : undefined;
  } catch {
    return undefined;
  }
}
