import * as path from 'node:path';
import { Aws, Duration, Lazy, RemovalPolicy, Stack, Tags, Token } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { GravitonInstanceType } from './graviton-instance-type';
import { GravitonMachineImage } from './graviton-machine-image';
import { KERNEL_FLOOR } from './kernel';
import { ServerEndpoint } from './server-endpoint';
import { rootVolume } from './root-volume';
import { bindServerName, hostNameIn } from './server-name';
import { createServerRole, grantSelfReplacement } from './server-role';
import { createServerSecurityGroup } from './server-security-group';
import { serverSubnets } from './server-subnets';
import type { TensorFlowServerOptions } from './tensorflow-server-options';
import { packageRoot } from '../package-root';
import { acknowledge } from '../policy/acknowledgements';
import { STACK_TAG } from '../runbooks/runbook-names';
import { recommendedServing } from '../serving/recommended-serving';
import { TensorFlowRuntime } from '../serving/tensorflow-runtime';
import { bindBootScripts } from '../userdata/scripts-asset';
import { UserDataScript } from '../userdata/user-data-script';

/**
 * Properties of a TensorFlow server.
 */
export interface TensorFlowServerProps extends TensorFlowServerOptions {
  /** The VPC that the server runs in. It needs a way out: to AWS's APIs, the image registry, package repositories. */
  readonly vpc: ec2.IVpc;
}

/**
 * One TensorFlow server on Graviton that heals itself: an Auto Scaling group of one, from our own
 * launch template. A second instance runs only while an update rolls: the new one must answer
 * before the old one goes, else the deployment rolls back.
 *
 * Reached through `connections` (nothing is open by default) and Systems Manager (no SSH).
 *
 * @see https://github.com/aws/aws-graviton-getting-started/blob/main/machinelearning/tensorflow.md
 */
export class TensorFlowServer extends Construct implements ec2.IConnectable, iam.IGrantable {
  /** Opens the server: `server.connections.allowDefaultPortFrom(client)` opens the REST port. */
  public readonly connections: ec2.Connections;

  /** What grants to this server go to. */
  public readonly grantPrincipal: iam.IPrincipal;

  /** The role of the instance. */
  public readonly role: iam.IRole;

  /** The Auto Scaling group of one. */
  public readonly autoScalingGroup: autoscaling.IAutoScalingGroup;

  /** Where the boot's timings, failures and the server's crashes are logged. */
  public readonly logGroup: logs.ILogGroup;

  /** Ports and paths of the server. */
  public readonly endpoint: ServerEndpoint;

  /**
   * @throws when an option is not allowed, or does not fit the instance type
   */
  constructor(scope: Construct, id: string, props: TensorFlowServerProps) {
    super(scope, id);
    const {
      runtime = TensorFlowRuntime.deepLearningContainer(),
      instanceType = GravitonInstanceType.of('c7g.xlarge'),
      machineImage = GravitonMachineImage.amazonLinux2023(),
      bootTimeout = Duration.minutes(15),
    } = props;
    const modelName = checkModelName(props.modelName ?? 'model');
    checkBootTimeout(bootTimeout);
    const hostName = hostNameIn(props.privateZone, props.recordName);
    const vpcSubnets = serverSubnets(props.vpc, props.vpcSubnets);

    const role = createServerRole(this);
    const securityGroup = createServerSecurityGroup(this, props.vpc);
    this.logGroup = new logs.LogGroup(this, 'LogGroup', {
      retention: props.logRetention ?? logs.RetentionDays.ONE_MONTH,
      // A first deployment that fails is rolled back with all it made: why it failed must outlive that.
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.logGroup.grantWrite(role);

    instanceType.bind(this);
    machineImage.bind(this);
    runtime.checkMachineImage(machineImage);
    const runtimeConfig = runtime.bind(this, role);
    const modelConfig = props.model.bind(this, role);
    const serving = recommendedServing(props.serving ?? {}, { vCpus: instanceType.vCpus });

    const launchTemplate = new ec2.LaunchTemplate(this, 'LaunchTemplate', {
      instanceType: instanceType.instanceType,
      machineImage: machineImage.machineImage,
      userData: UserDataScript.fromFile(path.join(packageRoot(), 'userdata', 'bootstrap.sh'), {
        GTF_REGION: Aws.REGION,
        GTF_STACK: Aws.STACK_NAME,
        GTF_RESOURCE: Lazy.string({ produce: (): string => logicalIdOf(group) }),
        GTF_LOG_GROUP: this.logGroup.logGroupName,
        GTF_KERNEL_FLOOR: KERNEL_FLOOR,
        GTF_READY_TIMEOUT_SECONDS: String(Math.round(bootTimeout.toSeconds() * READY_SHARE)),
        ...bindBootScripts(this, role),
        ...runtimeConfig.environment,
        GTF_MODEL_NAME: modelName,
        ...modelConfig.environment,
        ...serving.environment,
        ...bindServerName(role, props.privateZone, hostName),
      }),
      role,
      securityGroup,
      httpEndpoint: true,
      httpTokens: ec2.LaunchTemplateHttpTokens.REQUIRED,
      // One hop: processes on the host reach the role's credentials, containers behind the bridge do not.
      httpPutResponseHopLimit: 1,
      blockDevices: [{ deviceName: machineImage.rootDevice, volume: rootVolume(props.volumeSize, props.volumeThroughput) }],
    });
    Tags.of(launchTemplate).add('graviton-tensorflow:kernel', machineImage.kernel);

    const group: autoscaling.AutoScalingGroup = new autoscaling.AutoScalingGroup(this, 'Group', {
      vpc: props.vpc,
      vpcSubnets,
      launchTemplate,
      minCapacity: 1,
      maxCapacity: 2,
      signals: autoscaling.Signals.waitForCount(1, { timeout: bootTimeout }),
      updatePolicy: autoscaling.UpdatePolicy.rollingUpdate({
        minInstancesInService: 1,
        maxBatchSize: 1,
        pauseTime: bootTimeout,
        waitOnResourceSignals: true,
      }),
    });
    // Instances carry it too: the runbook, and the permission to run it, go by it.
    Tags.of(group).add(STACK_TAG, Stack.of(this).stackName);
    acknowledge(group, 'AwsSolutions-AS3', 'A group of one has no scaling to be notified of; boots and failures are in the log group and the stack\'s events');
    grantSelfReplacement(role, Lazy.string({ produce: (): string => logicalIdOf(group) }));
    // The first boot needs its rights and its way out; neither is implied by the launch template.
    group.node.addDependency(role, props.vpc.selectSubnets(vpcSubnets).internetConnectivityEstablished);

    this.role = role;
    this.autoScalingGroup = group;
    this.grantPrincipal = role;
    this.connections = new ec2.Connections({ securityGroups: [securityGroup], defaultPort: ec2.Port.tcp(serving.restPort) });
    this.endpoint = new ServerEndpoint(modelName, serving.restPort, serving.grpcPort, hostName);
  }
}

/** Of the time that a boot may take, what the model server gets once it was started. */
const READY_SHARE = 0.5;

function logicalIdOf(group: autoscaling.AutoScalingGroup): string {
  return Stack.of(group).getLogicalId(group.node.defaultChild as autoscaling.CfnAutoScalingGroup);
}

function checkModelName(name: string): string {
  if (!Token.isUnresolved(name) && !/^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/.test(name)) {
    throw new Error(`modelName: got "${name}"; allowed are letters, digits, "_", "." and "-", beginning with a letter or digit.`);
  }
  return name;
}

/** @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatepolicy.html */
function checkBootTimeout(timeout: Duration): void {
  if (timeout.isUnresolved() || timeout.toSeconds() < 60 || timeout.toSeconds() > 3600) {
    const got = timeout.isUnresolved() ? 'a duration that is only known at deployment' : timeout.toHumanString();
    throw new Error(`bootTimeout: got ${got}; allowed is from 1 minute to 1 hour.`);
  }
}
