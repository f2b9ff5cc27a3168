import { AutoScalingClient, DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling';
import { CloudFormationClient, DescribeStackEventsCommand, DescribeStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import { DescribeInstanceAttributeCommand, EC2Client } from '@aws-sdk/client-ec2';
import { type Signal, readSignal } from '../cli/boot/deployment';
import type { EmbeddedAws } from './embedded-aws';

/** A server as AWS holds it after the deployment: nothing here comes from the template on this disk. */
export interface DeployedServer {
  readonly stack: string;
  /** Logical id of the Auto Scaling group, which signals go to. */
  readonly resource: string;
  readonly instance: string;
  readonly userData: string;
  readonly resources: ReadonlyArray<{ readonly logicalId: string; readonly type: string }>;
}

export async function readDeployedServer(aws: EmbeddedAws, stack: string): Promise<DeployedServer> {
  const cloudFormation = new CloudFormationClient(aws.client);
  const { StackResources = [] } = await cloudFormation.send(new DescribeStackResourcesCommand({ StackName: stack }));
  const group = StackResources.filter((resource) => resource.ResourceType === 'AWS::AutoScaling::AutoScalingGroup');
  if (group.length !== 1) throw new Error(`${stack} has ${group.length} Auto Scaling groups, expected 1`);
  const { AutoScalingGroups = [] } = await new AutoScalingClient(aws.client)
    .send(new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [group[0].PhysicalResourceId as string] }));
  const instances = AutoScalingGroups.flatMap((found) => found.Instances ?? []).map((found) => found.InstanceId as string);
  if (instances.length !== 1) throw new Error(`the group of ${stack} has launched ${instances.length} instances, expected 1`);
  const { UserData } = await new EC2Client(aws.client)
    .send(new DescribeInstanceAttributeCommand({ InstanceId: instances[0], Attribute: 'userData' }));
  if (!UserData?.Value) throw new Error(`instance ${instances[0]} of ${stack} has no user data`);
  return {
    stack,
    resource: group[0].LogicalResourceId as string,
    instance: instances[0],
    userData: Buffer.from(UserData.Value, 'base64').toString('utf8'),
    resources: StackResources.map((resource) => ({ logicalId: resource.LogicalResourceId ?? '', type: resource.ResourceType ?? '' })),
  };
}

/** Every signal that the server's group got. */
export async function readSignals(aws: EmbeddedAws, server: DeployedServer): Promise<Signal[]> {
  const { StackEvents = [] } = await new CloudFormationClient(aws.client).send(new DescribeStackEventsCommand({ StackName: server.stack }));
  return StackEvents.filter((event) => event.LogicalResourceId === server.resource).map(readSignal).filter((signal) => signal !== undefined).reverse();
}

/** Creation waits for exactly one SUCCESS, so anything else would not be a deployment. */
export async function expectOneSuccess(aws: EmbeddedAws, server: DeployedServer): Promise<Signal> {
  const signals = await readSignals(aws, server);
  if (signals.length !== 1 || signals[0].status !== 'SUCCESS') {
    const got = signals.map((signal) => `${signal.status} from ${signal.instance}`).join(', ') || 'none';
    throw new Error(`${server.resource} needs exactly one SUCCESS signal, and got ${got}`);
  }
  return signals[0];
}
