import { Stack, Token, type App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import { CommandDocument, RunbookInstances, type CommandDocumentProps } from '../../lib';
import { renderDocument } from '../../lib/runbooks/render-document';
import { describeWithFlags, newApp } from '../support/feature-flags';
import { rightsOf, sorted } from '../support/role-statements';
import { messageOf } from '../support/thrown';
import { resourceOf } from '../support/typical-values';
import { runbook } from './documents';

const folder = runbook();

function documentIn(props: Partial<CommandDocumentProps> = {}, app: App = newApp()) {
  const stack = new Stack(app, 'Stack');
  const document = new CommandDocument(stack, 'Runbook', { folder, ...props });
  return { stack, document };
}

describeWithFlags('a Command document', (makeApp) => {
  const { stack, document } = documentIn({}, makeApp());
  const template = Template.fromStack(stack);

  test('is what the renderer makes, byte for byte, in a resource whose id is a contract', () => {
    const { Content, ...rest } = resourceOf(template, 'AWS::SSM::Document').Properties;

    expect(Object.keys(template.findResources('AWS::SSM::Document'))).toEqual(['Runbook246ED732']);
    expect(JSON.stringify(Content)).toBe(JSON.stringify(renderDocument(folder)));
    expect(rest).toEqual({ DocumentFormat: 'JSON', DocumentType: 'Command', TargetType: '/AWS::EC2::Instance', UpdateMethod: 'NewVersion' });
  });

  test('is known by the name that CloudFormation makes', () => {
    const [id] = Object.keys(template.findResources('AWS::SSM::Document'));

    expect(stack.resolve(document.documentName)).toEqual({ Ref: id });
    expect(stack.resolve(document.documentArn)).toEqual({
      'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':ssm:', { Ref: 'AWS::Region' }, ':', { Ref: 'AWS::AccountId' }, ':document/', { Ref: id }]],
    });
  });
});

test('a default replaces that of document.yaml', () => {
  const template = Template.fromStack(documentIn({ defaults: { Requests: '7' } }).stack);

  expect(resourceOf(template, 'AWS::SSM::Document').Properties.Content.parameters.Requests.default).toBe('7');
});

describe('a name', () => {
  test('of one\'s own', () => {
    expect(resourceOf(Template.fromStack(documentIn({ documentName: 'our-runbook_1.0' }).stack), 'AWS::SSM::Document').Properties.Name).toBe('our-runbook_1.0');
  });

  test('that is only known at deployment', () => {
    const template = Template.fromStack(documentIn({ documentName: Token.asString({ Ref: 'AWS::StackName' }) }).stack);

    expect(resourceOf(template, 'AWS::SSM::Document').Properties.Name).toBe('Production-TensorFlow');
  });

  test.each(['', 'ab', 'a b', 'a/b', 'n'.repeat(129), 'aws-ours', 'AWSEC2-ours', 'AWSSupport-ours', 'AWSConfigRemediation-ours', 'Amazon-ours', 'amzn-ours'])('%j is refused', (documentName) => {
    expect(() => documentIn({ documentName })).toThrow(
      new Error(`documentName: got "${documentName}"; allowed are 3 to 128 letters, digits, "_", "." and "-" that do not begin with aws, amazon or amzn.`),
    );
  });
});

describe('an error', () => {
  test('of the renderer is the synthesis\'s', () => {
    expect(messageOf(() => documentIn({ defaults: { Other: '1' } }))).toMatch(/\/document\.yaml: got a default for the parameter "Other"; allowed are Requests\.$/);
  });

  test('tells that a default cannot be checked', () => {
    expect(() => documentIn({ defaults: { Requests: Token.asString({ Ref: 'AWS::StackName' }) } })).toThrow(
      new Error('defaults: got a value for "Requests" that is only known at deployment; allowed are values that can be checked against the parameter\'s pattern.'),
    );
  });
});

describeWithFlags('who may send it', (makeApp) => {
  test('may send this document to these instances, watch and cancel', () => {
    const { stack, document } = documentIn({}, makeApp());
    const operator = new iam.Role(stack, 'Operator', { assumedBy: new iam.AccountRootPrincipal() });
    document.grants.send(operator, RunbookInstances.tagged('team', 'ml')).assertSuccess();
    const template = Template.fromStack(stack);
    const arn = `arn:aws:ssm:us-west-2:111122223333:document/Production-TensorFlow-${Object.keys(template.findResources('AWS::SSM::Document'))[0]}-AbCdEfGhIjKl`;

    expect(rightsOf(template)).toEqual(sorted([
      ['ssm:SendCommand', arn], ['ssm:DescribeDocument', arn],
      ['ssm:SendCommand', 'arn:aws:ec2:us-west-2:111122223333:instance/*', { StringEquals: { 'ssm:resourceTag/team': 'ml' } }],
      ['ssm:ListDocuments', '*'], ['ssm:DescribeInstanceInformation', '*'], ['ssm:ListCommandInvocations', '*'], ['ssm:GetCommandInvocation', '*'], ['ssm:CancelCommand', '*'],
    ]));
  });
});
