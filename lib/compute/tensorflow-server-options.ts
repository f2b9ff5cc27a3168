import type { Duration } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type * as route53 from 'aws-cdk-lib/aws-route53';
import type { GravitonInstanceType } from './graviton-instance-type';
import type { GravitonMachineImage } from './graviton-machine-image';
import type { ModelSource } from '../serving/model-source';
import type { ServingOptions } from '../serving/serving-options';
import type { TensorFlowRuntime } from '../serving/tensorflow-runtime';

/**
 * What is served, by what, on what: all of a TensorFlow server but its VPC.
 */
export interface TensorFlowServerOptions {
  /** The model to serve. */
  readonly model: ModelSource;

  /**
   * The model's name in URLs: `/v1/models/<name>:predict`.
   *
   * @default 'model'
   */
  readonly modelName?: string;

  /**
   * What serves the model.
   *
   * @default TensorFlowRuntime.deepLearningContainer(), version 2.14.1
   */
  readonly runtime?: TensorFlowRuntime;

  /**
   * The instance type.
   *
   * @default GravitonInstanceType.of('c7g.xlarge')
   */
  readonly instanceType?: GravitonInstanceType;

  /**
   * The machine image.
   *
   * @default GravitonMachineImage.amazonLinux2023(), kernel 6.1
   */
  readonly machineImage?: GravitonMachineImage;

  /**
   * How the model is served.
   *
   * @default - the guide's recommendations for Graviton
   */
  readonly serving?: ServingOptions;

  /**
   * Which subnets the server may run in.
   *
   * @default - the VPC's private subnets with a way out, else its public ones
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * Size of the root volume (gp3, encrypted), in GiB. Holds the image (about 5 GB unpacked), the
   * system and the model versions.
   *
   * At gp3's list price in us-east-1, 0.08 USD per GB and month, the default costs 2.40 USD a month.
   *
   * @default 30
   * @see https://aws.amazon.com/ebs/pricing/
   */
  readonly volumeSize?: number;

  /**
   * Throughput of the root volume, in MiB/s, 125 to 1000. Pulling the image is most of a cold start:
   * writing 5 GB takes 40 s at 125 MiB/s and 20 s at 250.
   *
   * gp3 includes 125 MiB/s; at the list price in us-east-1, 0.04 USD per MiB/s and month above it,
   * the default costs 5.00 USD a month.
   *
   * @default 250
   * @see https://aws.amazon.com/ebs/pricing/
   */
  readonly volumeThroughput?: number;

  /**
   * A private hosted zone, associated with the VPC, in which the server keeps a name that follows its
   * instance: an A record with 5 seconds to live, moved when a new instance answers and before the
   * old one goes. The record outlives the server; the zone's owner deletes it, and must before
   * Route 53 lets go of the zone.
   *
   * @default - no name: the server is reached by its instance's address or through Systems Manager
   */
  readonly privateZone?: route53.IPrivateHostedZone;

  /**
   * The name that the server keeps in `privateZone`, without the zone's: lower-case letters, digits and hyphens.
   *
   * @default 'server'
   */
  readonly recordName?: string;

  /**
   * How long an instance may take from its launch until the model answers; then CloudFormation rolls back.
   * One minute to one hour, which is the longest that CloudFormation waits in an update.
   *
   * @default Duration.minutes(15)
   */
  readonly bootTimeout?: Duration;

  /**
   * How long the log group keeps its events. The group itself stays when the stack goes, so that the
   * reason of a failed first deployment can still be read.
   *
   * @default logs.RetentionDays.ONE_MONTH
   */
  readonly logRetention?: logs.RetentionDays;
}
