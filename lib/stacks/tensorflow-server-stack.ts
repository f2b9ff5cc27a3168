import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { VpcSource } from './vpc-source';
import { TensorFlowServer } from '../compute/tensorflow-server';
import type { TensorFlowServerOptions } from '../compute/tensorflow-server-options';
import { TroubleshootRunbook } from '../runbooks/troubleshoot-runbook';

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
 * A VPC, a TensorFlow server and the runbook that troubleshoots it, with what one needs to reach them as outputs.
 */
export class TensorFlowServerStack extends Stack {
  /** The server. */
  public readonly server: TensorFlowServer;

  /** The runbook for it. `stack.troubleshoot.grants.run(role)` lets an operator run it. */
  public readonly troubleshoot: TroubleshootRunbook;

  constructor(scope: Construct, id: string, props: TensorFlowServerStackProps) {
    super(scope, id, props);
    const { vpc = VpcSource.newVpc(), ...options } = props;
    this.server = new TensorFlowServer(this, 'Server', { ...options, vpc: vpc.bind(this) });
    this.troubleshoot = new TroubleshootRunbook(this, 'Troubleshoot');
    this.troubleshoot.grants.writeResults(this.server);
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
    new CfnOutput(this, 'Diagnose', {
      value: `npm run -s graviton-tf -- diagnose --stack ${this.stackName} --region ${this.region}`,
      description: 'Tells why the server is slow, and the line to change',
    });
  }
}
