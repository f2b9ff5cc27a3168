import { RemovalPolicy } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

/**
 * Where a stack's VPC comes from.
 */
export abstract class VpcSource {
  /** The default VPC of the account and region, which the stack's `env` must name. Its subnets are public. */
  public static defaultVpc(): VpcSource {
    return new LookedUpVpc({ isDefault: true });
  }

  /** A new VPC: two zones, private subnets, one NAT gateway, S3 by a gateway endpoint. */
  public static newVpc(): VpcSource {
    return new NewVpc();
  }

  /**
   * An existing VPC by its id, looked up in the account and region that the stack's `env` must name.
   *
   * @param vpcId such as `vpc-0123456789abcdef0`
   */
  public static byId(vpcId: string): VpcSource {
    if (!/^vpc-[0-9a-f]{8,17}$/.test(vpcId)) {
      throw new Error(`vpc: got "${vpcId}"; allowed is a VPC id such as "vpc-0123456789abcdef0".`);
    }
    return new LookedUpVpc({ vpcId });
  }

  /** Called by the stack; returns its VPC. */
  public abstract bind(scope: Construct): ec2.IVpc;
}

class LookedUpVpc extends VpcSource {
  constructor(private readonly options: ec2.VpcLookupOptions) {
    super();
  }

  public bind(scope: Construct): ec2.IVpc {
    return ec2.Vpc.fromLookup(scope, 'Vpc', this.options);
  }
}

class NewVpc extends VpcSource {
  public bind(scope: Construct): ec2.IVpc {
    const vpc = new ec2.Vpc(scope, 'Vpc', {
      maxAzs: 2,
      natGateways: 1,
      // The default group's rules are emptied by a Lambda-backed custom resource; nothing here uses that group.
      restrictDefaultSecurityGroup: false,
    });
    // Image layers and models come from S3: through the endpoint they cost nothing and skip the NAT gateway.
    vpc.addGatewayEndpoint('S3', { service: ec2.GatewayVpcEndpointAwsService.S3 });
    // Refused packets only: they are what one asks the log for, and cost little.
    vpc.addFlowLog('Refused', {
      destination: ec2.FlowLogDestination.toCloudWatchLogs(new logs.LogGroup(vpc, 'RefusedLogGroup', {
        retention: logs.RetentionDays.ONE_MONTH,
        removalPolicy: RemovalPolicy.DESTROY,
      })),
      trafficType: ec2.FlowLogTrafficType.REJECT,
    });
    return vpc;
  }
}
