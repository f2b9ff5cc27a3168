import { type InstanceInformation, type InstanceInformationStringFilter, type SSMClient, type Target, paginateDescribeInstanceInformation } from '@aws-sdk/client-ssm';
import { STACK_TAG } from '../../lib/runbooks/runbook-names';
import { CannotTell } from '../cannot-tell';
import type { AnyReport } from '../result';
import type { RunbookKind } from './kind';
import { type SelectionOptions, parseTag } from './selection';

type Kind = Pick<RunbookKind<AnyReport>, 'instancesTag'>;

/** The oldest agent that passes parameters as environment variables; the runbook's first step refuses older ones. */
const oldestAgent = '3.3.2746.0';

/** How the service finds the instances. */
export interface Selection {
  readonly InstanceIds?: string[];
  readonly Targets?: Target[];
}

export interface Instances {
  readonly selection: Selection;
  /** Those that can run the command. */
  readonly able: readonly string[];
  /** Why each of the others cannot. */
  readonly unable: ReadonlyMap<string, string>;
}

export async function findInstances(client: SSMClient, { instancesTag = STACK_TAG }: Kind, options: SelectionOptions, region: string): Promise<Instances> {
  const { filter, selection } = selectionOf(options, instancesTag);
  const known = new Map<string, InstanceInformation>();
  for await (const page of paginateDescribeInstanceInformation({ client }, { Filters: [filter] })) {
    for (const information of page.InstanceInformationList ?? []) known.set(information.InstanceId as string, information);
  }
  if (!known.size && !options.instance) throw new CannotTell(noInstances(options, instancesTag, region));
  const unable = new Map<string, string>();
  const able: string[] = [];
  for (const id of new Set(options.instance ?? known.keys())) {
    const reason = obstacle(id, known.get(id), region);
    if (reason === undefined) able.push(id);
    else unable.set(id, reason);
  }
  // Named one by one, those that cannot run it are left out: one unknown id would make the service refuse all.
  return { selection: selection.InstanceIds ? { InstanceIds: able } : selection, able, unable };
}

function selectionOf({ stack, tag, instance }: SelectionOptions, instancesTag: string): { filter: InstanceInformationStringFilter; selection: Selection } {
  if (instance) return { filter: { Key: 'InstanceIds', Values: [...new Set(instance)] }, selection: { InstanceIds: [...instance] } };
  const [key, value] = stack !== undefined ? [instancesTag, stack] : parseTag(tag as string);
  return { filter: { Key: `tag:${key}`, Values: [value] }, selection: { Targets: [{ Key: `tag:${key}`, Values: [value] }] } };
}

function noInstances({ stack, tag }: SelectionOptions, instancesTag: string, region: string): string {
  const managed = 'Systems Manager knows an instance once its agent runs and its role has AmazonSSMManagedInstanceCore';
  if (stack !== undefined && instancesTag !== STACK_TAG) {
    return `No instance with the tag ${instancesTag}=${stack} is known to Systems Manager in ${region}: give it to one, name others with --instance or --tag, and check --region (${managed}).`;
  }
  return stack !== undefined
    ? `No instance of stack ${stack} is known to Systems Manager in ${region}: ask graviton-tf why --stack ${stack} whether one has booted, and check --region.`
    : `No instance with the tag ${tag} is known to Systems Manager in ${region}: check --tag and --region (${managed}).`;
}

function obstacle(id: string, information: InstanceInformation | undefined, region: string): string | undefined {
  if (!information) {
    return `Systems Manager knows no instance ${id} in ${region}: check the id and --region, that the instance runs, and that its role has AmazonSSMManagedInstanceCore.`;
  }
  const { PingStatus, PlatformType, PlatformName, AgentVersion, LastPingDateTime } = information;
  if (PlatformType && PlatformType !== 'Linux') return `${id} runs ${PlatformName ?? PlatformType}: the runbook is for Linux.`;
  if (PingStatus && PingStatus !== 'Online') {
    const since = LastPingDateTime ? `, last heard of at ${LastPingDateTime.toISOString()}` : '';
    return `The SSM agent of ${id} is offline (${PingStatus}${since}): start the instance or its amazon-ssm-agent service, and check that its subnet reaches the ssm endpoints.`;
  }
  if (AgentVersion && isOlder(AgentVersion, oldestAgent)) {
    return `The SSM agent of ${id} is ${AgentVersion}, and the runbook needs ${oldestAgent}: update it with the document AWS-UpdateSSMAgent.`;
  }
  return undefined;
}

function isOlder(version: string, floor: string): boolean {
  const [ours, theirs] = [version, floor].map((text) => text.split('.').map(Number));
  const at = theirs.findIndex((part, i) => part !== (ours[i] ?? 0));
  return at >= 0 && (ours[at] ?? 0) < theirs[at];
}
