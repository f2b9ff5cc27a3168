import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { Token, type App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import { GravitonInstanceType, GravitonMachineImage, ModelSource, TensorFlowRuntime, TensorFlowServerStack, type TensorFlowServerStackProps } from '../../lib';
import { describeWithFlags, newApp } from '../support/feature-flags';
import { rightsOf } from '../support/role-statements';
import { folderWith, savedModel } from '../support/saved-models';
import { resourceOf, withTypicalValues } from '../support/typical-values';
import { userDataExports } from '../support/user-data';

const VENV = path.join(__dirname, '..', '..', '.venv', 'bin');
const model = ModelSource.fromAsset(savedModel());

function synthesized(props: Partial<TensorFlowServerStackProps> = {}, app: App = newApp()) {
  const stack = new TensorFlowServerStack(app, 'Stack', { model, ...props });
  return { stack, template: Template.fromStack(stack) };
}

function outputsOf(template: Template): { [name: string]: string } {
  return Object.fromEntries(Object.entries(template.findOutputs('*')).map(([name, { Value }]) => [name, withTypicalValues<string>(template, Value)]));
}

function tagsOf({ Tags }: { Tags: { Key: string; Value: string }[] }): { [key: string]: string } {
  return Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value]));
}

describeWithFlags('the stack', (makeApp) => {
  const { stack, template } = synthesized({}, makeApp());

  test('holds a VPC, a server and the runbooks for it, whose ids are a contract', () => {
    expect(stack.node.children.map(({ node }) => node.id)).toEqual(expect.arrayContaining(['Vpc', 'Server', 'Troubleshoot', 'OptimizeGraph', 'RightSize', 'Mlperf']));
    expect(stack.troubleshoot.node.children.map(({ node }) => node.id)).toEqual(['Results', 'Document']);
    expect([stack.optimizeGraph, stack.rightSize, stack.mlperf].map(({ node }) => node.children.map((child) => child.node.id))).toEqual([['Document'], ['Document'], ['Document']]);
    template.resourceCountIs('AWS::S3::Bucket', 1);
    template.resourceCountIs('AWS::EC2::VPC', 1);
    template.resourceCountIs('AWS::AutoScaling::AutoScalingGroup', 1);
  });

  test('tells how to reach it', () => {
    expect(outputsOf(template)).toEqual({
      Endpoint: 'http://localhost:8501/v1/models/model:predict',
      LogGroup: expect.stringContaining('ServerLogGroup'),
      PortForwarding: expect.stringMatching(/^aws ssm start-session /),
      Curl: 'curl --fail-with-body --data @request.json http://localhost:8501/v1/models/model:predict',
      Diagnose: 'npm run -s graviton-tf -- diagnose --stack Stack --region us-west-2',
      Optimize: 'npm run -s graviton-tf -- optimize --stack Stack --region us-west-2',
      Benchmark: 'npm run -s graviton-tf -- benchmark --stack Stack --region us-west-2',
    });
    expect(Object.values(template.findOutputs('*')).every(({ Description }) => Description?.length > 20)).toBe(true);
  });

  test('lets the server write each runbook\'s results and fetch what they carry, and finds server and runbooks by the same tag', () => {
    const [bucket] = Object.keys(template.findResources('AWS::S3::Bucket'));
    const results = (prefix: string) => `arn:aws:typical:us-west-2:111122223333:Production-TensorFlow-${bucket}-AbCdEfGhIjKl/${prefix}/*`;
    const rights = rightsOf(template, 'ServerRole');
    const documents = Object.values(template.findResources('AWS::SSM::Document')).map(({ Properties }) => tagsOf(Properties));

    expect(rights.filter(([action]) => action.startsWith('s3:PutObject')).map(([action, resource]) => `${action} ${resource}`).sort()).toEqual(
      ['troubleshoot', 'optimize', 'right-size', 'mlperf'].flatMap((prefix) => [`s3:PutObject ${results(prefix)}`, `s3:PutObjectAcl ${results(prefix)}`]).sort(),
    );
    expect(rights.filter(([action, resource]) => action === 's3:GetObject' && resource.endsWith('.zlib'))).toHaveLength(2);
    expect(documents.map((tags) => tags['graviton-tensorflow:runbook']).sort()).toEqual(['mlperf', 'optimize', 'right-size', 'troubleshoot']);
    expect([...new Set([...documents, tagsOf(resourceOf(template, 'AWS::AutoScaling::AutoScalingGroup').Properties)].map((tags) => tags['graviton-tensorflow:stack']))]).toEqual(['Stack']);
  });

  test('lets an operator read the results of the runbook that he may run, and of no other', () => {
    const own = new TensorFlowServerStack(makeApp(), 'Stack', { model });
    const role = new iam.Role(own, 'Operator', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') });
    own.optimizeGraph.grants.run(role).assertSuccess();

    expect(rightsOf(Template.fromStack(own), 'Operator').filter(([action]) => action.startsWith('s3:')).map(([action, resource]) => [action, resource.replace(/.*AbCdEfGhIjKl/, '')])).toEqual([['s3:GetObject', '/optimize/*']]);
  });

  test('deploys without Lambda functions and custom resources', () => {
    const types = Object.values<{ Type: string }>(template.toJSON().Resources).map(({ Type }) => Type);

    expect(types.filter((type) => /Lambda|Custom/.test(type))).toEqual([]);
  });
});

test('every property reaches the server', () => {
  const { template } = synthesized({
    modelName: 'resnet', runtime: TensorFlowRuntime.wheel({ version: '2.21.0' }), instanceType: GravitonInstanceType.of('m8g.large'), machineImage: GravitonMachineImage.ubuntu2404(),
    serving: { restPort: 9501 },
  });

  expect(userDataExports(template)).toMatchObject({ GTF_MODEL_NAME: 'resnet', GTF_TENSORFLOW_VERSION: '2.21.0', GTF_REST_PORT: '9501', GTF_MODEL_SOURCE: 'asset' });
  expect(resourceOf(template, 'AWS::EC2::LaunchTemplate').Properties.LaunchTemplateData).toMatchObject({ InstanceType: 'm8g.large', ImageId: expect.stringContaining('ubuntu/server/24.04') });
  expect(outputsOf(template)).toMatchObject({ Endpoint: 'http://localhost:9501/v1/models/resnet:predict', PortForwarding: expect.stringContaining('portNumber=9501,localPortNumber=9501 ') });
});

describe('the port-forwarding line, in a shell', () => {
  /** What the line asks of the AWS CLI, whose query runs on a group with these instances. */
  function asked(line: string, instances: object[]): string[] {
    const folder = folderWith({
      'answer.json': JSON.stringify({ AutoScalingGroups: [{ Instances: instances }] }),
      'aws': `#!${VENV}/python
import jmespath, json, sys
folder, words = sys.path[0], sys.argv[1:]
if words[0] == 'autoscaling':
    print(jmespath.search(words[words.index('--query') + 1], json.load(open(folder + '/answer.json'))))
    json.dump([word for word in words if word != words[words.index('--query') + 1]], open(folder + '/described', 'w'))
else:
    json.dump(words, open(folder + '/started', 'w'))
`,
    });
    chmodSync(path.join(folder, 'aws'), 0o755);
    execFileSync('/bin/sh', ['-c', line], { env: { PATH: `${folder}:${process.env.PATH}` } });
    return ['described', 'started'].map((name) => JSON.parse(readFileSync(path.join(folder, name), 'utf8')).join(' '));
  }

  test('opens a session to the instance in service', () => {
    const { template } = synthesized();
    const [described, started] = asked(outputsOf(template).PortForwarding, [
      { InstanceId: 'i-0aaa', LifecycleState: 'Pending' }, { InstanceId: 'i-0bbb', LifecycleState: 'InService' }, { InstanceId: 'i-0ccc', LifecycleState: 'Terminating' },
    ]);

    expect(described).toMatch(/^autoscaling describe-auto-scaling-groups --region us-west-2 --auto-scaling-group-names Production-TensorFlow-ServerGroupASG\S+ --query --output text$/);
    expect(started).toBe('ssm start-session --document-name AWS-StartPortForwardingSession --parameters portNumber=8501,localPortNumber=8501 --region us-west-2 --target i-0bbb');
  });

  test('names a port that is only known at deployment', () => {
    const { template } = synthesized({ serving: { restPort: Token.asNumber({ 'Fn::Sub': '9501' }) } });

    expect(outputsOf(template)).toMatchObject({ PortForwarding: expect.stringContaining('portNumber=9501,localPortNumber=9501 '), Curl: expect.stringContaining('localhost:9501/') });
  });
});
