import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';

/** No way in; out only by HTTPS, and HTTP for package mirrors that have nothing else. @internal */
export function createServerSecurityGroup(scope: Construct, vpc: ec2.IVpc): ec2.SecurityGroup {
  const group = new ec2.SecurityGroup(scope, 'SecurityGroup', {
    vpc,
    description: 'A TensorFlow server on Graviton: opened by its connections only',
    allowAllOutbound: false,
  });
  group.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.HTTPS, 'AWS APIs, image registries, package repositories');
  group.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.HTTP, 'Package mirrors without TLS, whose packages are signed');
  return group;
}
