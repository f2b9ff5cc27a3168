import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { VpcSource } from './vpc-source';
import { TensorFlowServer } from '../compute/tensorflow-server';
import type { TensorFlowServerOptions } from '../compute/tensorflow-server-options';

/**
 * Properties of a stack with one TensorFlow server.
 */
export interface TensorFlowServerStackProps extends StackProps, TensorFlowServerOptions {
  /**
   * Where the VPC comes from.
   *
   * @default VpcSource.newVpc()
   */
  readonly vpc?: VpcSource;
}

/**
 * A VPC and a TensorFlow server, with what one needs to reach it as outputs.
 */
export class TensorFlowServerStack extends Stack {
  /** The server. */
  public readonly server: TensorFlowServer;

  constructor(scope: Construct, id: string, props: TensorFlowServerStackProps) {
    super(scope, id, props);
    const { vpc = VpcSource.newVpc(), ...options } = props;
    this.server = new TensorFlowServer(this, 'Server', { ...options, vpc: vpc.bind(this) });
    const { endpoint, autoScalingGroup, logGroup } = this.server;
    const port = endpoint.restPort;
    new CfnOutput(this, 'Endpoint', {
      value: endpoint.predictUrl('localhost'),
      description: 'Where predictions are posted to, through the session that PortForwarding opens',
    });
    new CfnOutput(this, 'LogGroup', { value: logGroup.logGroupName, description: 'Boot timings, failures, crashes' });
    new CfnOutput(this, 'PortForwarding', {
      value: [
        'aws ssm start-session --document-name AWS-StartPortForwardingSession',
        `--parameters portNumber=${port},localPortNumber=${port} --region ${this.region}`,
        `--target $(aws autoscaling describe-auto-scaling-groups --region ${this.region} --auto-scaling-group-names ${autoScalingGroup.autoScalingGroupName}`,
        `--query 'AutoScalingGroups[0].Instances[?LifecycleState==\`InService\`]|[0].InstanceId' --output text)`,
      ].join(' '),
      description: 'Opens the port on this machine through Systems Manager; leave it running',
    });
    new CfnOutput(this, 'Curl', {
      value: `curl --fail-with-body --data @request.json ${endpoint.predictUrl('localhost')}`,
      description: 'Posts request.json, such as {"instances": […]}, through that session',
    });
  }
}
