import { Duration, Stack, Token } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as logs from 'aws-cdk-lib/aws-logs';
import { ModelSource, TensorFlowServer, type TensorFlowServerProps } from '../../lib';
import { describeWithFlags } from '../support/feature-flags';
import { savedModel } from '../support/saved-models';
import { serverTemplate, stackWithServer } from '../support/servers';
import { resourceOf } from '../support/typical-values';

function launchTemplateData(template: Template): any {
  return resourceOf(template, 'AWS::EC2::LaunchTemplate').Properties.LaunchTemplateData;
}

describeWithFlags('a server', (makeApp) => {
  const app = makeApp();
  const stack = new Stack(app, 'Stack');
  const vpc = new ec2.Vpc(stack, 'Vpc', { maxAzs: 2, natGateways: 1, restrictDefaultSecurityGroup: false });
  const server = new TensorFlowServer(stack, 'Server', { vpc, model: ModelSource.fromAsset(savedModel()) });
  const template = Template.fromStack(stack);
  const group = resourceOf(template, 'AWS::AutoScaling::AutoScalingGroup');

  test('is launched from a template of its own: c7g.xlarge, Amazon Linux 2023, IMDSv2 within one hop', () => {
    const { UserData: _, TagSpecifications: __, ...data } = launchTemplateData(template);

    expect(data).toEqual({
      InstanceType: 'c7g.xlarge',
      ImageId: 'resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-6.1-arm64',
      MetadataOptions: { HttpEndpoint: 'enabled', HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
      BlockDeviceMappings: [{
        DeviceName: '/dev/xvda',
        Ebs: { VolumeType: 'gp3', Encrypted: true, VolumeSize: 30, Throughput: 250, Iops: 3000, DeleteOnTermination: true },
      }],
      IamInstanceProfile: { Arn: expect.stringContaining('ServerLaunchTemplateProfile') },
      SecurityGroupIds: [expect.stringMatching(/^ServerSecurityGroup\w+\.GroupId$/)],
    });
  });

  test('has no SSH key and no physical name', () => {
    const text = JSON.stringify(template.toJSON());

    for (const name of ['KeyName', 'RoleName', 'GroupName', 'LaunchTemplateName', 'AutoScalingGroupName', 'LogGroupName', 'InstanceProfileName', 'ManagedPolicyArns']) {
      expect(text).not.toContain(`"${name}":`);
    }
  });

  test('is one, and a second only while an update rolls', () => {
    expect(group.Properties).toMatchObject({ MinSize: '1', MaxSize: '2' });
    expect(group.Properties.DesiredCapacity).toBeUndefined();
    expect(group.UpdatePolicy.AutoScalingRollingUpdate).toMatchObject({ MinInstancesInService: 1, MaxBatchSize: 1 });
  });

  test('follows each new version of its launch template', () => {
    expect(group.Properties.LaunchTemplate).toEqual({
      LaunchTemplateId: expect.stringContaining('ServerLaunchTemplate'), Version: expect.stringMatching(/^ServerLaunchTemplate\w+\.LatestVersionNumber$/),
    });
  });

  test('must answer before its creation or update is done, within 15 minutes', () => {
    expect(group.CreationPolicy).toEqual({ ResourceSignal: { Count: 1, Timeout: 'PT15M' } });
    expect(group.UpdatePolicy.AutoScalingRollingUpdate).toMatchObject({ WaitOnResourceSignals: true, PauseTime: 'PT15M' });
  });

  test('is not interfered with while an update rolls', () => {
    expect(group.UpdatePolicy.AutoScalingRollingUpdate.SuspendProcesses).toEqual(
      expect.arrayContaining(['HealthCheck', 'ReplaceUnhealthy', 'AZRebalance', 'AlarmNotification', 'ScheduledActions']),
    );
    expect(group.UpdatePolicy.AutoScalingRollingUpdate.SuspendProcesses).not.toEqual(expect.arrayContaining(['Launch', 'Terminate']));
  });

  test('boots only once its rights and its way out are there', () => {
    const policies = Object.keys(template.findResources('AWS::IAM::Policy'));
    const defaultRoutes = Object.keys(template.findResources('AWS::EC2::Route')).filter((id) => id.includes('Private'));

    expect(policies).toHaveLength(1);
    expect(defaultRoutes).toHaveLength(2);
    expect(group.DependsOn).toEqual(expect.arrayContaining([...policies, ...defaultRoutes]));
  });

  test('tells its stack by a tag that its instances carry too', () => {
    expect(group.Properties.Tags.filter(({ Key }: { Key: string }) => Key.startsWith('graviton-tensorflow:'))).toEqual([
      { Key: 'graviton-tensorflow:stack', Value: 'Stack', PropagateAtLaunch: true },
    ]);
  });

  test('logs to a group of its own, which outlives a rolled back deployment', () => {
    expect(resourceOf(template, 'AWS::Logs::LogGroup')).toMatchObject({ Properties: { RetentionInDays: 30 }, DeletionPolicy: 'Retain' });
  });

  test('says where it answers', () => {
    expect(server.endpoint).toMatchObject({ modelName: 'model', restPort: 8501, grpcPort: 8500 });
    expect(server.endpoint.url('localhost')).toBe('http://localhost:8501/v1/models/model');
    expect(server.endpoint.predictUrl('10.0.0.7')).toBe('http://10.0.0.7:8501/v1/models/model:predict');
  });

  test('exposes what was made', () => {
    expect(stack.resolve(server.autoScalingGroup.autoScalingGroupName)).toEqual({ Ref: Object.keys(template.findResources('AWS::AutoScaling::AutoScalingGroup'))[0] });
    expect(stack.resolve(server.logGroup.logGroupName)).toEqual({ Ref: Object.keys(template.findResources('AWS::Logs::LogGroup'))[0] });
    expect(stack.resolve(server.role.roleArn)['Fn::GetAtt'][0]).toBe(Object.keys(template.findResources('AWS::IAM::Role')).find((id) => id.startsWith('ServerRole')));
  });
});

describe('options', () => {
  test.each([[125, 3000], [250, 3000], [750, 3000], [751, 3004], [1000, 4000]])('throughput of %i MiB/s takes %i IOPS', (volumeThroughput, iops) => {
    expect(launchTemplateData(serverTemplate({ volumeThroughput })).BlockDeviceMappings[0].Ebs).toMatchObject({ Throughput: volumeThroughput, Iops: iops });
  });

  test('a volume size that is only known at deployment', () => {
    expect(launchTemplateData(serverTemplate({ volumeSize: Token.asNumber({ 'Fn::Sub': '80' }) })).BlockDeviceMappings[0].Ebs.VolumeSize).toBe('80');
  });

  test('volume size, boot timeout and log retention', () => {
    const template = serverTemplate({ volumeSize: 100, bootTimeout: Duration.minutes(30), logRetention: logs.RetentionDays.ONE_WEEK });
    const { CreationPolicy, UpdatePolicy } = resourceOf(template, 'AWS::AutoScaling::AutoScalingGroup');

    expect(launchTemplateData(template).BlockDeviceMappings[0].Ebs.VolumeSize).toBe(100);
    expect([CreationPolicy.ResourceSignal.Timeout, UpdatePolicy.AutoScalingRollingUpdate.PauseTime]).toEqual(['PT30M', 'PT30M']);
    expect(resourceOf(template, 'AWS::Logs::LogGroup').Properties.RetentionInDays).toBe(7);
  });

  test('a model name that is only known at deployment', () => {
    const { stack, server } = stackWithServer({ modelName: Token.asString({ Ref: 'AWS::StackName' }), serving: { restPort: Token.asNumber({ 'Fn::Sub': '9501' }) } });

    expect(stack.resolve(server.endpoint.predictUrl('localhost'))).toEqual({ 'Fn::Join': ['', ['http://localhost:', { 'Fn::Sub': '9501' }, '/v1/models/', { Ref: 'AWS::StackName' }, ':predict']] });
  });
});

describe('an error names the property, what was got and what is allowed', () => {
  const names = 'allowed are letters, digits, "_", "." and "-", beginning with a letter or digit.';

  test.each<[Partial<TensorFlowServerProps>, string]>([
    [{ volumeSize: 19 }, 'volumeSize: got 19; allowed are whole GiB from 20 to 16384.'],
    [{ volumeSize: 16385 }, 'volumeSize: got 16385; allowed are whole GiB from 20 to 16384.'],
    [{ volumeSize: 30.5 }, 'volumeSize: got 30.5; allowed are whole GiB from 20 to 16384.'],
    [{ volumeThroughput: 124 }, 'volumeThroughput: got 124; allowed are whole MiB/s from 125 to 1000.'],
    [{ volumeThroughput: 1001 }, 'volumeThroughput: got 1001; allowed are whole MiB/s from 125 to 1000.'],
    [{ volumeThroughput: Token.asNumber({ Ref: 'T' }) }, 'volumeThroughput: got a number that is only known at deployment; allowed are whole MiB/s from 125 to 1000.'],
    [{ bootTimeout: Duration.seconds(59) }, 'bootTimeout: got 59 seconds; allowed is from 1 minute to 1 hour.'],
    [{ bootTimeout: Duration.minutes(61) }, 'bootTimeout: got 1 hour 1 minute; allowed is from 1 minute to 1 hour.'],
    [{ bootTimeout: Duration.seconds(Token.asNumber({ Ref: 'T' })) }, 'bootTimeout: got a duration that is only known at deployment; allowed is from 1 minute to 1 hour.'],
    [{ modelName: '' }, `modelName: got ""; ${names}`],
    [{ modelName: 'a/b' }, `modelName: got "a/b"; ${names}`],
    [{ modelName: '..' }, `modelName: got ".."; ${names}`],
    [{ modelName: 'a\n' }, `modelName: got "a\n"; ${names}`],
    [{ modelName: 'm'.repeat(129) }, `modelName: got "${'m'.repeat(129)}"; ${names}`],
  ])('%j', (props, message) => {
    expect(() => serverTemplate(props)).toThrow(new Error(message));
  });
});
