import { Stack, type App, type StackProps } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { ModelSource, TensorFlowServer, type TensorFlowServerProps } from '../../lib';
import { newApp } from './feature-flags';
import { savedModel } from './saved-models';

/** A VPC of someone else's, with two private subnets and two public ones. */
export function importedVpc(scope: Construct, id = 'Vpc'): ec2.IVpc {
  return ec2.Vpc.fromVpcAttributes(scope, id, {
    vpcId: 'vpc-0123456789abcdef0',
    availabilityZones: ['us-west-2a', 'us-west-2b'],
    privateSubnetIds: ['subnet-0aaaaaaa', 'subnet-0bbbbbbb'],
    privateSubnetRouteTableIds: ['rtb-0aaaaaaa', 'rtb-0bbbbbbb'],
    publicSubnetIds: ['subnet-0ccccccc', 'subnet-0ddddddd'],
    publicSubnetRouteTableIds: ['rtb-0ccccccc', 'rtb-0ddddddd'],
  });
}

let sharedModel: string | undefined;

/** A stack with one server, `Server`, in an imported VPC, with defaults for what is not given. */
export function stackWithServer(
  props: Partial<TensorFlowServerProps> = {}, { app = newApp(), ...stackProps }: StackProps & { app?: App } = {},
): { stack: Stack; server: TensorFlowServer } {
  const stack = new Stack(app, 'Stack', stackProps);
  sharedModel ??= savedModel();
  const server = new TensorFlowServer(stack, 'Server', { vpc: importedVpc(stack), model: ModelSource.fromAsset(sharedModel), ...props });
  return { stack, server };
}

/** The template of such a stack. */
export function serverTemplate(props: Partial<TensorFlowServerProps> = {}, options: StackProps & { app?: App } = {}): Template {
  return Template.fromStack(stackWithServer(props, options).stack);
}
