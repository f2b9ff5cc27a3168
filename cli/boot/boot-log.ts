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

/** A row of the checks that ran once the server had started: `userdata/serve/checks.sh`. */
export interface BootFinding {
  readonly id: string;
  readonly status: 'FAIL' | 'WARN';
  readonly evidence: string;
  readonly remediation?: string | null;
}

export interface BootLog {
  readonly group: string;
  readonly stream: string;
  readonly instance: string;
  readonly at?: Date;
  readonly event?: BootEvent;
  /** Empty: nothing was found. Undefined: nothing was checked yet. */
  readonly findings?: readonly BootFinding[];
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
  const written = events.flatMap((event) => (event.message ?? '').trimEnd().split('\n'));
  const checks = written.map((message) => parseEvent<{ findings: BootFinding[] }>('checks', message)).filter((found) => found !== undefined);
  const messages = written.filter((message) => !parseEvent('checks', message));
  // A script that ran again has written more than one; the last counts, with what follows it.
  const { event, after } = lastBootEvent(messages);
  return {
    group,
    stream: name,
    instance: name.slice(prefix.length),
    at: moment(stream) ? new Date(moment(stream)) : undefined,
    event,
    findings: checks.at(-1)?.findings,
    lines: after.length ? after : event?.log ?? [],
  };
}

/** The last boot's report among lines that a boot has written, and what follows it. */
export function lastBootEvent(lines: readonly string[]): { event?: BootEvent; after: readonly string[] } {
  for (let last = lines.length - 1; last >= 0; last--) {
    const event = parseEvent<BootEvent>('boot', lines[last]);
    if (event) return { event, after: lines.slice(last + 1) };
  }
  return { after: lines };
}

function parseEvent<Event extends object>(name: string, message: string): Event | undefined {
  if (!message.startsWith('{')) return undefined;
  try {
    const parsed = JSON.parse(message) as Event & { event?: string };
    return parsed.event === name ? parsed : undefined;
  } catch {
    return undefined;
  }
}
