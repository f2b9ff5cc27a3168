import { CloudFormationClient, DescribeStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import { CreateAccessKeyCommand, CreateUserCommand, IAMClient, PutUserPolicyCommand } from '@aws-sdk/client-iam';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import { ModelSource, TensorFlowServerStack } from '../../lib';
import type { ServerRunbookName } from '../../lib/runbooks/runbook-names';
import type { Credentials, EmbeddedAws } from '../../rehearsal/embedded-aws';
import { newApp } from '../support/feature-flags';
import { type Right, rightsOf } from '../support/role-statements';

/** What a stack's resources are called where it is deployed, by their logical ids. */
export async function physicalIds(aws: EmbeddedAws, stack: string): Promise<Record<string, string>> {
  const { StackResources = [] } = await new CloudFormationClient(aws.client).send(new DescribeStackResourcesCommand({ StackName: stack }));
  return Object.fromEntries(StackResources.map(({ LogicalResourceId, PhysicalResourceId }) => [LogicalResourceId as string, PhysicalResourceId as string]));
}

/** The rights that each runbook's `grants.run()` writes for a stack, with the names of the deployed one. */
export function rightsToRun(aws: EmbeddedAws, stack: string, model: string, ids: Readonly<Record<string, string>>): Record<ServerRunbookName, Right[]> {
  const { account, region } = aws;
  const synthesized = new TensorFlowServerStack(newApp(), stack, { model: ModelSource.fromAsset(model), env: { account, region } });
  const { troubleshoot, optimizeGraph, rightSize, mlperf } = synthesized;
  const runbooks = { 'troubleshoot': troubleshoot, 'optimize': optimizeGraph, 'right-size': rightSize, 'mlperf': mlperf };
  const roleOf = (word: string) => `OperatorOf${word.replace('-', '')}`;
  for (const [word, { grants }] of Object.entries(runbooks)) {
    grants.run(new iam.Role(synthesized, roleOf(word), { assumedBy: new iam.AccountRootPrincipal() })).assertSuccess();
  }
  const template = Template.fromStack(synthesized);
  const [bucket] = Object.keys(template.findResources('AWS::S3::Bucket'));
  const names = { ...ids, [`${bucket}.Arn`]: `arn:aws:s3:::${ids[bucket]}`, 'AWS::StackName': stack, 'AWS::AccountId': account, 'AWS::Region': region };
  const rights = Object.fromEntries(Object.keys(runbooks).map((word) => [word, rightsOf(template, roleOf(word), names)]));
  expect(JSON.stringify(rights)).not.toMatch(/AbCdEfGhIjKl|typical/);
  return rights as Record<ServerRunbookName, Right[]>;
}

/** A right by its action and the kind of its resource. */
export function nameOf([action, resource]: Right): string {
  if (resource === '*') return action;
  const [, , service, , , name] = resource.split(':');
  const kind = service === 's3' ? (name.includes('/') ? 'objects' : 'bucket') : name.split('/')[0];
  return `${action} on ${kind}`;
}

/** All but one right; it must have been there. */
export function without(rights: readonly Right[], name: string): Right[] {
  const left = rights.filter((right) => nameOf(right) !== name);
  expect(rights.length - left.length).toBe(1);
  return left;
}

/** Rights without which no command brings a report: how the sentence names them, and whether a command was sent. */
export const needed: ReadonlyArray<readonly [right: string, sentence: RegExp, command: 'not sent' | 'Cancelled' | 'runs']> = [
  ['ssm:ListDocuments', /may not call ssm:ListDocuments in /, 'not sent'],
  ['ssm:DescribeDocument on document', /may not call ssm:DescribeDocument on arn:aws:ssm:[^ ]+:document\/\S+ in /, 'not sent'],
  ['ssm:DescribeInstanceInformation', /may not call ssm:DescribeInstanceInformation in /, 'not sent'],
  ['ssm:SendCommand on document', /may not call ssm:SendCommand on arn:aws:ssm:[^ ]+:document\/\S+ in /, 'not sent'],
  ['ssm:SendCommand on instance', /may not call ssm:SendCommand on arn:aws:ec2:[^ ]+:instance\/i-\w+ in /, 'not sent'],
  ['ssm:SendCommand on bucket', /may not call ssm:SendCommand on arn:aws:s3:::\S+ in /, 'not sent'],
  // Nobody would read what it finds.
  ['ssm:ListCommandInvocations', /may not call ssm:ListCommandInvocations in /, 'Cancelled'],
  ['ssm:GetCommandInvocation', /may not call ssm:GetCommandInvocation in /, 'runs'],
];

/** A user who may do what he is given, and nothing else. */
export class Operator {
  static async hire(aws: EmbeddedAws, name: string): Promise<Operator> {
    const administrator = new IAMClient(aws.client);
    await administrator.send(new CreateUserCommand({ UserName: name }));
    const { AccessKey } = await administrator.send(new CreateAccessKeyCommand({ UserName: name }));
    return new Operator(aws, administrator, name, { accessKeyId: AccessKey?.AccessKeyId as string, secretAccessKey: AccessKey?.SecretAccessKey as string });
  }

  private constructor(private readonly aws: EmbeddedAws, private readonly administrator: IAMClient, private readonly name: string, private readonly credentials: Credentials) {}

  async may(rights: readonly Right[]): Promise<void> {
    const Statement = rights.map(([Action, Resource, Condition]) => ({ Effect: 'Allow', Action, Resource, ...(Condition ? { Condition } : {}) }));
    await this.administrator.send(new PutUserPolicyCommand({
      UserName: this.name, PolicyName: 'runbook', PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement }),
    }));
  }

  get client() {
    return { ...this.aws.client, credentials: this.credentials };
  }

  get environment(): Record<string, string> {
    return { ...this.aws.operatorEnvironment, AWS_ACCESS_KEY_ID: this.credentials.accessKeyId, AWS_SECRET_ACCESS_KEY: this.credentials.secretAccessKey };
  }
}
