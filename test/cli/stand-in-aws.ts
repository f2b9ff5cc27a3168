import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One answer of the stand-in: a status and a body. */
export interface Answer {
  readonly status?: number;
  readonly body: string;
}

/** What is asked: the operation and its parameters, from CloudFormation's query form or the JSON of most; of S3 the method and path. */
export interface Call {
  readonly operation: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** A scripted AWS on loopback, for the command line as a child process. */
export class StandInAws {
  static async start(answer: (call: Call) => Answer): Promise<StandInAws> {
    const standIn = new StandInAws(answer);
    await new Promise<void>((resolve) => standIn.server.listen(0, '127.0.0.1', resolve));
    return standIn;
  }

  readonly calls: Call[] = [];
  private readonly server: Server;

  private constructor(answer: (call: Call) => Answer) {
    this.server = createServer((request, response) => {
      void read(request).then((call) => {
        this.calls.push(call);
        const { status = 200, body } = answer(call);
        response.writeHead(status, { 'content-type': body.startsWith('{') ? 'application/x-amz-json-1.1' : 'text/xml' }).end(body);
      });
    });
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

async function read(request: IncomingMessage): Promise<Call> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string') return { operation: target.split('.')[1], parameters: JSON.parse(text) as Record<string, unknown> };
  const parameters = Object.fromEntries(new URLSearchParams(text));
  return { operation: parameters.Action ?? `${request.method} ${request.url?.split('?')[0]}`, parameters };
}

const stackId = 'arn:aws:cloudformation:eu-west-1:111122223333:stack/Server/1';

export interface ScriptedEvent {
  readonly status: string;
  readonly reason?: string;
  /** Default: the Auto Scaling group. */
  readonly id?: string;
  readonly type?: string;
  /** Minutes after noon. */
  readonly at: number;
}

/** DescribeStackEvents' answer; events newest first, as AWS lists them. */
export function eventsXml(events: readonly ScriptedEvent[], nextToken?: string): string {
  const members = events.map(({ status, reason, id = 'Group', type = 'AWS::AutoScaling::AutoScalingGroup', at }) => `<member>
    <StackId>${stackId}</StackId><EventId>${id}-${at}-${status}</EventId><StackName>Server</StackName><LogicalResourceId>${id}</LogicalResourceId>
    <PhysicalResourceId>${type === 'AWS::CloudFormation::Stack' ? stackId : `${id}-1`}</PhysicalResourceId><ResourceType>${type}</ResourceType>
    <Timestamp>2026-01-01T12:${String(at).padStart(2, '0')}:00.000Z</Timestamp><ResourceStatus>${status}</ResourceStatus>
    ${reason ? `<ResourceStatusReason>${reason}</ResourceStatusReason>` : ''}</member>`);
  return `<DescribeStackEventsResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStackEventsResult>
    <StackEvents>${members.join('')}</StackEvents>${nextToken ? `<NextToken>${nextToken}</NextToken>` : ''}
    </DescribeStackEventsResult></DescribeStackEventsResponse>`;
}

export function stackEvent(status: string, at: number, reason?: string): ScriptedEvent {
  return { id: 'Server', type: 'AWS::CloudFormation::Stack', status, at, reason };
}

export function resourcesXml(logGroups: readonly string[]): string {
  const members = logGroups.map((name) => `<member><LogicalResourceId>LogGroup</LogicalResourceId><PhysicalResourceId>${name}</PhysicalResourceId>
    <ResourceType>AWS::Logs::LogGroup</ResourceType><Timestamp>2026-01-01T12:00:00Z</Timestamp><ResourceStatus>CREATE_COMPLETE</ResourceStatus></member>`);
  return `<DescribeStackResourcesResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStackResourcesResult>
    <StackResources>${members.join('')}</StackResources></DescribeStackResourcesResult></DescribeStackResourcesResponse>`;
}

export function errorXml(status: number, code: string, message: string): Answer {
  return {
    status,
    body: `<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
  };
}

export interface ScriptedStack {
  readonly events: readonly ScriptedEvent[];
  readonly logGroups?: readonly string[];
  /** Messages by stream name; the later stream in the object is the newer one. */
  readonly streams?: Readonly<Record<string, readonly string[]>>;
}

/** A stack and its log group, as the two services describe them. */
export function scripted({ events, logGroups = ['boots'], streams = {} }: ScriptedStack): (call: Call) => Answer {
  return ({ operation, parameters }) => {
    switch (operation) {
      case 'DescribeStackEvents': {
        // Two pages, so that a reader of the first only is found out.
        if (events.length < 2) return { body: eventsXml(events) };
        return { body: parameters.NextToken ? eventsXml(events.slice(1)) : eventsXml(events.slice(0, 1), 'more') };
      }
      case 'DescribeStackResources': return { body: resourcesXml(logGroups) };
      case 'DescribeLogStreams': {
        const names = Object.keys(streams).filter((name) => name.startsWith(parameters.logStreamNamePrefix as string));
        const noon = Date.parse('2026-01-01T12:00:00Z');
        return { body: JSON.stringify({ logStreams: names.map((name) => ({ logStreamName: name, lastEventTimestamp: noon + (Object.keys(streams).indexOf(name) + 30) * 60_000 })) }) };
      }
      case 'GetLogEvents': return { body: JSON.stringify({ events: streams[parameters.logStreamName as string].map((message) => ({ message, timestamp: 0 })) }) };
      default: return { status: 400, body: JSON.stringify({ __type: 'UnknownOperationException', message: operation }) };
    }
  };
}
