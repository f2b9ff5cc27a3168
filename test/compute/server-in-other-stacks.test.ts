import { NestedStack, Stack, Stage } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ModelSource, TensorFlowServer } from '../../lib';
import { describeWithFlags, newApp } from '../support/feature-flags';
import { savedModel } from '../support/saved-models';
import { importedVpc, stackWithServer } from '../support/servers';
import { userDataExports } from '../support/user-data';

const model = ModelSource.fromAsset(savedModel());

/** Logical ids are a contract: another id replaces the resource in every stack that has it. */
const LOGICAL_IDS = {
  ServerRoleB6C85082: 'AWS::IAM::Role',
  ServerRoleDefaultPolicy02C1A355: 'AWS::IAM::Policy',
  ServerSecurityGroupD97297FF: 'AWS::EC2::SecurityGroup',
  ServerLogGroup8435EA51: 'AWS::Logs::LogGroup',
  ServerLaunchTemplateProfileA70DA455: 'AWS::IAM::InstanceProfile',
  ServerLaunchTemplate3EDD7C5D: 'AWS::EC2::LaunchTemplate',
  ServerGroupASG283BF8C1: 'AWS::AutoScaling::AutoScalingGroup',
};

function typesById(template: Template): { [id: string]: string } {
  return Object.fromEntries(Object.entries<{ Type: string }>(template.toJSON().Resources).map(([id, { Type }]) => [id, Type]));
}

describeWithFlags('a server in someone else\'s stack', (makeApp) => {
  test('has these logical ids, and makes nothing beside them', () => {
    expect(typesById(Template.fromStack(stackWithServer({}, { app: makeApp() }).stack))).toEqual(LOGICAL_IDS);
  });

  test('puts its children into itself', () => {
    const { stack, server } = stackWithServer({}, { app: makeApp() });

    expect(server.node.children.map(({ node }) => node.id).sort()).toEqual(['BootScripts', 'Group', 'LaunchTemplate', 'LogGroup', 'Model', 'Role', 'SecurityGroup']);
    expect(stack.node.children.map(({ node }) => node.id).sort()).toEqual(expect.arrayContaining(['DeepLearningContainerRegistries', 'Server', 'Vpc']));
  });

  test('stands beside another one', () => {
    const stack = new Stack(makeApp(), 'Stack');
    const vpc = importedVpc(stack);
    new TensorFlowServer(stack, 'Server', { vpc, model });
    new TensorFlowServer(stack, 'Second', { vpc, model: ModelSource.fromBucketName('our-models', 'second'), modelName: 'second' });
    const template = Template.fromStack(stack);

    expect(typesById(template)).toMatchObject(LOGICAL_IDS);
    expect(Object.keys(typesById(template))).toHaveLength(2 * Object.keys(LOGICAL_IDS).length);
    expect(userDataExports(template, 'Server')).toMatchObject({ GTF_MODEL_NAME: 'model', GTF_RESOURCE: 'ServerGroupASG283BF8C1' });
    expect(userDataExports(template, 'Second')).toMatchObject({ GTF_MODEL_NAME: 'second', GTF_RESOURCE: expect.stringMatching(/^SecondGroupASG/) });
  });

  test('runs in a stage of a pipeline, with its assets', () => {
    const stage = new Stage(makeApp(), 'Production', { env: { account: '111122223333', region: 'eu-west-1' } });
    const stack = new Stack(stage, 'Stack');
    new TensorFlowServer(stack, 'Server', { vpc: importedVpc(stack), model });

    expect(userDataExports(Template.fromStack(stack)).GTF_IMAGE).toMatch(/^763104351884\.dkr\.ecr\.eu-west-1\.amazonaws\.com\//);
  });

  test('signals the nested stack that it is in', () => {
    const parent = new Stack(makeApp(), 'Parent');
    const nested = new NestedStack(parent, 'Nested');
    new TensorFlowServer(nested, 'Server', { vpc: importedVpc(nested), model });
    const template = Template.fromStack(nested);
    const statements = Object.values(template.findResources('AWS::IAM::Policy'))[0].Properties.PolicyDocument.Statement;

    expect(statements.find(({ Action }: { Action: string }) => Action === 'cloudformation:SignalResource').Resource).toEqual({ Ref: 'AWS::StackId' });
    expect(JSON.stringify(Object.values(template.findResources('AWS::EC2::LaunchTemplate'))[0].Properties.LaunchTemplateData.UserData)).toContain('export GTF_STACK=\'",{"Ref":"AWS::StackName"}');
  });
});

test('its stack needs no account and region, and no lookup', () => {
  const app = newApp();
  stackWithServer({}, { app });

  expect(app.synth().manifest.missing).toBeUndefined();
});
