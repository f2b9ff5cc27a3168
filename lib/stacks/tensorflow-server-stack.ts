import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { VpcSource } from './vpc-source';
import { TensorFlowServer } from '../compute/tensorflow-server';
import type { TensorFlowServerOptions } from '../compute/tensorflow-server-options';
import { MlperfRunbook } from '../runbooks/mlperf-runbook';
import { OptimizeGraphRunbook } from '../runbooks/optimize-graph-runbook';
import { RightSizeRunbook } from '../runbooks/right-size-runbook';
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
 * A VPC, a TensorFlow server and the runbooks for it, with what one needs to reach them as outputs.
 */
export class TensorFlowServerStack extends Stack {
  /** The server. */
  public readonly server: TensorFlowServer;

  /** The runbook that tells why it is slow. `stack.troubleshoot.grants.run(role)` lets an operator run it. */
  public readonly troubleshoot: TroubleshootRunbook;

  /** The runbook that optimizes the model's graph. Its results are in the bucket of `troubleshoot`, as are the others'. */
  public readonly optimizeGraph: OptimizeGraphRunbook;

  /** The runbook that measures the model, and searches for better serving options. */
  public readonly rightSize: RightSizeRunbook;

  /** The runbook that measures the instance by MLPerf's own workloads. */
  public readonly mlperf: MlperfRunbook;

  constructor(scope: Construct, id: string, props: TensorFlowServerStackProps) {
    super(scope, id, props);
    const { vpc = VpcSource.newVpc(), ...options } = props;
    this.server = new TensorFlowServer(this, 'Server', { ...options, vpc: vpc.bind(this) });
    this.troubleshoot = new TroubleshootRunbook(this, 'Troubleshoot');
    const shared = { resultsBucket: this.troubleshoot.resultsBucket };
    this.optimizeGraph = new OptimizeGraphRunbook(this, 'OptimizeGraph', shared);
    this.rightSize = new RightSizeRunbook(this, 'RightSize', shared);
    this.mlperf = new MlperfRunbook(this, 'Mlperf', shared);
    for (const { grants } of [this.troubleshoot, this.optimizeGraph, this.rightSize, this.mlperf]) {
      grants.runOn(this.server);
    }
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
    new CfnOutput(this, 'Optimize', {
      value: `npm run -s graviton-tf -- optimize --stack ${this.stackName} --region ${this.region}`,
      description: 'Makes the model\'s graph faster, and serves it if it answers the same',
    });
    new CfnOutput(this, 'Benchmark', {
      value: `npm run -s graviton-tf -- benchmark --stack ${this.stackName} --region ${this.region}`,
      description: 'Measures the model on this instance; with --sweep, finds better serving options',
    });
  }
}
