import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { ModelSource, TensorFlowServer, type TensorFlowServerProps } from '../../lib';
import { describeWithFlags, newApp } from '../support/feature-flags';
import { savedModel } from '../support/saved-models';
import { serverTemplate, stackWithServer } from '../support/servers';
import { resourceOf } from '../support/typical-values';

const model = ModelSource.fromAsset(savedModel());

describeWithFlags('the security group', (makeApp) => {
  test('lets nothing in', () => {
    const template = serverTemplate({}, { app: makeApp() });

    expect(resourceOf(template, 'AWS::EC2::SecurityGroup').Properties.SecurityGroupIngress).toBeUndefined();
    template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
  });

  test('lets out HTTPS and HTTP only', () => {
    const template = serverTemplate({}, { app: makeApp() });
    const rules = resourceOf(template, 'AWS::EC2::SecurityGroup').Properties.SecurityGroupEgress;

    expect(rules.map(({ Description: _, ...rule }: { Description: string }) => rule)).toEqual([
      { IpProtocol: 'tcp', FromPort: 443, ToPort: 443, CidrIp: '0.0.0.0/0' }, { IpProtocol: 'tcp', FromPort: 80, ToPort: 80, CidrIp: '0.0.0.0/0' },
    ]);
    template.resourceCountIs('AWS::EC2::SecurityGroupEgress', 0);
  });

  test('is opened by connections, at the REST port by default', () => {
    const { stack, server } = stackWithServer({ serving: { restPort: 9501 } }, { app: makeApp() });
    server.connections.allowDefaultPortFrom(ec2.Peer.ipv4('10.0.0.0/16'), 'the office');

    expect(resourceOf(Template.fromStack(stack), 'AWS::EC2::SecurityGroup').Properties.SecurityGroupIngress).toEqual([
      { CidrIp: '10.0.0.0/16', Description: 'the office', FromPort: 9501, ToPort: 9501, IpProtocol: 'tcp' },
    ]);
  });

  test('lets a client in at 8501 and at the gRPC port where that is asked for', () => {
    const { stack, server } = stackWithServer({}, { app: makeApp() });
    const client = new ec2.Connections({ securityGroups: [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Client', 'sg-0123456789abcdef0')] });
    server.connections.allowDefaultPortFrom(client);
    server.connections.allowFrom(client, ec2.Port.tcp(server.endpoint.grpcPort));
    const rules = Object.values(Template.fromStack(stack).findResources('AWS::EC2::SecurityGroupIngress')).map(({ Properties }) => [Properties.FromPort, Properties.ToPort, Properties.SourceSecurityGroupId]);

    expect(rules).toEqual([[8501, 8501, 'sg-0123456789abcdef0'], [8500, 8500, 'sg-0123456789abcdef0']]);
  });
});

describe('the subnets', () => {
  type Kind = ec2.SubnetType.PRIVATE_WITH_EGRESS | ec2.SubnetType.PRIVATE_ISOLATED | ec2.SubnetType.PUBLIC;

  /** Names of the subnets that the group was put in, in a VPC that has these kinds. */
  function subnetsUsed(kinds: Kind[], props: Partial<TensorFlowServerProps> = {}): string[] {
    const stack = new Stack(newApp(), 'Stack');
    const subnetConfiguration = kinds.map((subnetType) => ({ name: subnetType, subnetType }));
    const vpc = new ec2.Vpc(stack, 'Vpc', { maxAzs: 1, natGateways: kinds.includes(ec2.SubnetType.PRIVATE_WITH_EGRESS) ? 1 : 0, subnetConfiguration, restrictDefaultSecurityGroup: false });
    new TensorFlowServer(stack, 'Server', { vpc, model, ...props });
    const ids: { Ref: string }[] = Object.values(Template.fromStack(stack).findResources('AWS::AutoScaling::AutoScalingGroup'))[0].Properties.VPCZoneIdentifier;
    return ids.map(({ Ref }) => Ref.replace(/^Vpc(\w+)Subnet1Subnet\w+$/, '$1'));
  }
  const { PUBLIC, PRIVATE_WITH_EGRESS, PRIVATE_ISOLATED } = ec2.SubnetType;

  test.each<[string, Kind[], string]>([
    ['private ones with a way out', [PUBLIC, PRIVATE_WITH_EGRESS, PRIVATE_ISOLATED], 'Private'],
    ['public ones, where there are no private ones', [PUBLIC], 'Public'],
    ['public ones rather than isolated ones, from where a boot reaches nothing', [PUBLIC, PRIVATE_ISOLATED], 'Public'],
    ['isolated ones, where there are no others', [PRIVATE_ISOLATED], 'Isolated'],
  ])('are %s', (_, kinds, used) => {
    expect(subnetsUsed(kinds)).toEqual([used]);
  });

  test('are those that were chosen', () => {
    expect(subnetsUsed([PUBLIC, PRIVATE_WITH_EGRESS, PRIVATE_ISOLATED], { vpcSubnets: { subnetType: PRIVATE_ISOLATED } })).toEqual(['Isolated']);
  });

  test('public ones are waited for until they are routed', () => {
    const stack = new Stack(newApp(), 'Stack');
    const vpc = new ec2.Vpc(stack, 'Vpc', { maxAzs: 1, natGateways: 0, subnetConfiguration: [{ name: 'p', subnetType: PUBLIC }], restrictDefaultSecurityGroup: false });
    new TensorFlowServer(stack, 'Server', { vpc, model });
    const template = Template.fromStack(stack);

    expect(resourceOf(template, 'AWS::AutoScaling::AutoScalingGroup').DependsOn).toEqual(expect.arrayContaining(Object.keys(template.findResources('AWS::EC2::Route'))));
  });
});
