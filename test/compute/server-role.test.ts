import { Template } from 'aws-cdk-lib/assertions';
import { PrivateHostedZone } from 'aws-cdk-lib/aws-route53';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { ModelSource, TensorFlowRuntime, TensorFlowServer } from '../../lib';
import { describeWithFlags } from '../support/feature-flags';
import { rightsOf, sorted, type Right } from '../support/role-statements';
import { importedVpc, serverTemplate, stackWithServer } from '../support/servers';
import { resourceOf, TYPICAL } from '../support/typical-values';
import { userDataExports } from '../support/user-data';

const AGENT = [
  'ssm:UpdateInstanceInformation',
  'ssmmessages:CreateControlChannel', 'ssmmessages:CreateDataChannel', 'ssmmessages:OpenControlChannel', 'ssmmessages:OpenDataChannel',
  'ec2messages:AcknowledgeMessage', 'ec2messages:DeleteMessage', 'ec2messages:FailMessage', 'ec2messages:GetEndpoint', 'ec2messages:GetMessages', 'ec2messages:SendReply',
];

/** What every server may, whatever it runs. */
function rightsOfEveryServer(template: Template): Right[] {
  const logGroup = 'arn:aws:typical:us-west-2:111122223333:Production-TensorFlow-ServerLogGroup8435EA51-AbCdEfGhIjKl';
  const { GTF_SCRIPTS_BUCKET, GTF_SCRIPTS_KEY } = userDataExports(template);
  return [
    ...AGENT.map((action): Right => [action, '*']),
    ['logs:CreateLogStream', logGroup], ['logs:PutLogEvents', logGroup],
    ['s3:GetObject', `arn:aws:s3:::${GTF_SCRIPTS_BUCKET}/${GTF_SCRIPTS_KEY}`],
    ['cloudformation:SignalResource', TYPICAL['AWS::StackId']],
    ['autoscaling:SetInstanceHealth', 'arn:aws:autoscaling:us-west-2:111122223333:autoScalingGroup:*:autoScalingGroupName/*', {
      StringEquals: {
        'aws:ResourceTag/aws:cloudformation:stack-id': TYPICAL['AWS::StackId'],
        'aws:ResourceTag/aws:cloudformation:logical-id': 'ServerGroupASG283BF8C1',
      },
    }],
  ];
}

describeWithFlags('a server may do exactly this', (makeApp) => {
  test('with a container and a directory', () => {
    const template = serverTemplate({}, { app: makeApp() });
    const { GTF_MODEL_BUCKET, GTF_MODEL_KEY } = userDataExports(template);
    const repository = 'arn:aws:ecr:us-west-2:763104351884:repository/tensorflow-inference-graviton';

    expect(rightsOf(template)).toEqual(sorted([
      ...rightsOfEveryServer(template),
      ['ecr:BatchCheckLayerAvailability', repository], ['ecr:BatchGetImage', repository], ['ecr:GetDownloadUrlForLayer', repository], ['ecr:GetAuthorizationToken', '*'],
      ['s3:GetObject', `arn:aws:s3:::${GTF_MODEL_BUCKET}/${GTF_MODEL_KEY}`],
    ]));
  });

  test('with a wheel and a bucket', () => {
    const template = serverTemplate({ runtime: TensorFlowRuntime.wheel(), model: ModelSource.fromBucketName('our-models', 'resnet') }, { app: makeApp() });

    expect(rightsOf(template)).toEqual(sorted([
      ...rightsOfEveryServer(template),
      ['s3:GetObject', 'arn:aws:s3:::our-models/resnet/*'],
      ['s3:ListBucket', 'arn:aws:s3:::our-models', { StringLike: { 's3:prefix': ['resnet/*'] } }],
    ]));
  });

  test('with a name of its own', () => {
    const { stack } = stackWithServer({}, { app: makeApp() });
    const privateZone = PrivateHostedZone.fromHostedZoneAttributes(stack, 'Zone', { hostedZoneId: 'Z0123456789', zoneName: 'inference.internal' });
    const server = new TensorFlowServer(stack, 'Named', { vpc: importedVpc(stack, 'Vpc2'), model: ModelSource.fromBucketName('our-models', 'resnet'), privateZone, recordName: 'tones' });
    const rights = rightsOf(Template.fromStack(stack), 'Named').filter(([action]) => action.startsWith('route53:'));

    expect(server.endpoint.hostName).toBe('tones.inference.internal');
    expect(rights).toEqual([
      ['route53:ChangeResourceRecordSets', 'arn:aws:route53:::hostedzone/Z0123456789', {
        'ForAllValues:StringEquals': {
          'route53:ChangeResourceRecordSetsNormalizedRecordNames': ['tones.inference.internal'],
          'route53:ChangeResourceRecordSetsRecordTypes': ['A'],
          'route53:ChangeResourceRecordSetsActions': ['UPSERT'],
        },
      }],
      ['route53:GetChange', 'arn:aws:route53:::change/*'],
    ]);
  });

  test('as EC2 instances only, without managed policies', () => {
    const role = resourceOf(serverTemplate({}, { app: makeApp() }), 'AWS::IAM::Role').Properties;

    expect(role.AssumeRolePolicyDocument.Statement).toEqual([{ Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' } }]);
    expect(role.ManagedPolicyArns).toBeUndefined();
  });

  test('and what its user grants to it', () => {
    const { stack, server } = stackWithServer({}, { app: makeApp() });
    s3.Bucket.fromBucketName(stack, 'Features', 'our-features').grantPut(server);
    const before = rightsOf(serverTemplate({}, { app: makeApp() }));
    const added = rightsOf(Template.fromStack(stack)).filter((right) => !before.some((other) => JSON.stringify(other) === JSON.stringify(right)));

    expect(added.map(([, resource]) => resource)).toEqual(added.map(() => 'arn:aws:s3:::our-features/*'));
    expect(added.map(([action]) => action)).toContain('s3:PutObject');
  });
});
