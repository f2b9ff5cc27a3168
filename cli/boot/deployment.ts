import { type CloudFormationClient, DescribeStackResourcesCommand, type StackEvent, paginateDescribeStackEvents } from '@aws-sdk/client-cloudformation';
import { CannotTell } from '../cannot-tell';

export interface Signal {
  readonly status: 'SUCCESS' | 'FAILURE';
  readonly instance: string;
  /** On FAILURE: the boot's phase, which the instance appends to its id. */
  readonly phase?: string;
  readonly at: Date;
}

/** What CloudFormation knows of a stack's last operation. */
export interface Deployment {
  readonly status: string;
  readonly started?: Date;
  /** Signals of the last operation, oldest first. */
  readonly signals: readonly Signal[];
  /** Last signal of an earlier operation: an update that left the server alone brings none. */
  readonly earlierSignal?: Signal;
  readonly failedResource?: { readonly logicalId: string; readonly type: string; readonly reason: string };
  readonly logGroups: readonly string[];
}

const signalText = /Received (SUCCESS|FAILURE) signal with UniqueId ([^\s.]+)(?:\.(\S+))?/;

export function readSignal(event: StackEvent): Signal | undefined {
  const [, status, instance, phase] = signalText.exec(event.ResourceStatusReason ?? '') ?? [];
  if (!status || !event.Timestamp) return undefined;
  return { status: status as Signal['status'], instance, phase, at: event.Timestamp };
}

/** An operation begins with an event of the stack itself; its rollback and clean-up belong to it. */
function beginsOperation(event: StackEvent): boolean {
  return event.PhysicalResourceId === event.StackId && /^(CREATE|UPDATE|IMPORT|DELETE)_IN_PROGRESS$/.test(event.ResourceStatus ?? '');
}

/** Newest first, as the API lists them. */
export function readDeployment(events: readonly StackEvent[], logGroups: readonly string[]): Deployment {
  const start = events.findIndex(beginsOperation);
  const current = start < 0 ? events : events.slice(0, start + 1);
  const earlier = start < 0 ? [] : events.slice(start + 1);
  // The first failure is the cause; what CloudFormation cancels or rolls back afterwards is not.
  const failed = [...current].reverse().find((event) => event.ResourceStatus?.endsWith('_FAILED')
    && event.PhysicalResourceId !== event.StackId && !/cancel+ed/i.test(event.ResourceStatusReason ?? ''));
  return {
    status: current.find((event) => event.PhysicalResourceId === event.StackId)?.ResourceStatus ?? 'UNKNOWN',
    started: events[start]?.Timestamp,
    signals: current.map(readSignal).filter((signal) => signal !== undefined).reverse(),
    earlierSignal: earlier.map(readSignal).find((signal) => signal !== undefined),
    failedResource: failed && {
      logicalId: failed.LogicalResourceId ?? '',
      type: failed.ResourceType ?? '',
      reason: (failed.ResourceStatusReason ?? 'no reason given').replace(/\s+/g, ' '),
    },
    logGroups,
  };
}

export async function describeDeployment(client: CloudFormationClient, stack: string, region: string): Promise<Deployment> {
  const events: StackEvent[] = [];
  try {
    for await (const page of paginateDescribeStackEvents({ client }, { StackName: stack })) events.push(...(page.StackEvents ?? []));
    const { StackResources = [] } = await client.send(new DescribeStackResourcesCommand({ StackName: stack }));
    // The events know groups that a rollback has left behind, too.
    const logGroups = [...StackResources, ...events].filter((resource) => resource.ResourceType === 'AWS::Logs::LogGroup' && resource.PhysicalResourceId);
    return readDeployment(events, [...new Set(logGroups.map((resource) => resource.PhysicalResourceId as string))]);
  } catch (error) {
    if (error instanceof Error && error.name === 'ValidationError' && /does not exist/.test(error.message)) {
      throw new CannotTell(`There is no stack ${stack} in ${region}: check --stack and --region (a deleted stack is found by its ARN).`);
    }
    throw error;
  }
}
