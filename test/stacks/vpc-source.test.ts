import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { VpcSource } from '../../lib';
import { describeWithFlags, newApp } from '../support/feature-flags';

const env = { account: '111122223333', region: 'us-west-2' };

function lookup(source: VpcSource): any {
  const app = newApp();
  source.bind(new Stack(app, 'Stack', { env }));
  return app.synth().manifest.missing![0].props;
}

describeWithFlags('a new VPC', (makeApp) => {
  const stack = new Stack(makeApp(), 'Stack');
  const vpc = VpcSource.newVpc().bind(stack);
  const template = Template.fromStack(stack);

  test('has private subnets in two zones, and one way out', () => {
    expect([vpc.privateSubnets.length, vpc.publicSubnets.length, vpc.isolatedSubnets.length]).toEqual([2, 2, 0]);
    template.resourceCountIs('AWS::EC2::NatGateway', 1);
  });

  test('reaches S3 by a gateway endpoint, which costs nothing', () => {
    template.hasResourceProperties('AWS::EC2::VPCEndpoint', { VpcEndpointType: 'Gateway' });
  });

  test('logs refused packets', () => {
    template.hasResourceProperties('AWS::EC2::FlowLog', { TrafficType: 'REJECT', ResourceType: 'VPC' });
  });
});

test('the default VPC is looked up', () => {
  expect(lookup(VpcSource.defaultVpc())).toMatchObject({ ...env, filter: { isDefault: 'true' } });
});

test('a VPC by its id is looked up', () => {
  expect(lookup(VpcSource.byId('vpc-0123456789abcdef0'))).toMatchObject({ ...env, filter: { 'vpc-id': 'vpc-0123456789abcdef0' } });
});

test.each(['', 'vpc-', 'vpc-xyz', 'subnet-0123456789abcdef0', 'vpc-0123456789abcdef0 '])('%j is no VPC id', (id) => {
  expect(() => VpcSource.byId(id)).toThrow(new Error(`vpc: got "${id}"; allowed is a VPC id such as "vpc-0123456789abcdef0".`));
});

test('a lookup needs to know where', () => {
  expect(() => VpcSource.defaultVpc().bind(new Stack(newApp(), 'Stack'))).toThrow(/account|region/);
});
