import * as ec2 from 'aws-cdk-lib/aws-ec2';

/**
 * The subnets that a server may run in: those chosen, else those with a way out.
 *
 * CDK's own default takes isolated subnets before public ones, and from there a boot reaches nothing.
 *
 * @internal
 */
export function serverSubnets(vpc: ec2.IVpc, chosen?: ec2.SubnetSelection): ec2.SubnetSelection | undefined {
  if (chosen !== undefined || vpc.privateSubnets.length > 0 || vpc.publicSubnets.length === 0) {
    return chosen;
  }
  return { subnetType: ec2.SubnetType.PUBLIC };
}
