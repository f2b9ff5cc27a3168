import { CloudFormationClient, DescribeStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import { CreateAccessKeyCommand, CreateUserCommand, IAMClient, PutUserPolicyCommand } from '@aws-sdk/client-iam';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import { ModelSource, TensorFlowServerStack } from '../../lib';
import type { Credentials, EmbeddedAws } from '../../rehearsal/embedded-aws';
import { newApp } from '../support/feature-flags';
import { type Right, rightsOf } from '../support/role-statements';

/** What a stack's resources are called where it is deployed, by their logical ids. */
export async function physicalIds(aws: EmbeddedAws, stack: string): Promise<Record<string, string>> {
  const { StackResources = [] } = await new CloudFormationClient(aws.client).send(new DescribeStackResourcesCommand({ StackName: stack }));
  return Object.fromEntries(StackResources.map(({ LogicalResourceId, PhysicalResourceId }) => [LogicalResourceId as string, PhysicalResourceId as string]));
}

/** The rights that `grants.run()` writes for a stack, with the names of the deployed one. */
export function rightsToRun(aws: EmbeddedAws, stack: string, model: string, ids: Readonly<Record<string, string>>): Right[] {
  const { account, region } = aws;
  const synthesized = new TensorFlowServerStack(newApp(), stack, { model: ModelSource.fromAsset(model), env: { account, region } });
  const operator = new iam.Role(synthesized, 'Operator', { assumedBy: new iam.AccountRootPrincipal() });
  synthesized.troubleshoot.grants.run(operator).assertSuccess();
  const template = Template.fromStack(synthesized);
  const [bucket] = Object.keys(template.findResources('AWS::S3::Bucket'));
  const rights = rightsOf(template, 'Operator', {
    ...ids, [`${bucket}.Arn`]: `arn:aws:s3:::${ids[bucket]}`, 'AWS::StackName': stack, 'AWS::AccountId': account, 'AWS::Region': region,
  });
  expect(JSON.stringify(rights)).not.toMatch(/AbCdEfGhIjKl|typical/);
  return rights;
}

/** A right by its action and the kind of its resource. */
export function nameOf([action, resource]: Right): string {
  if (resource === '*') return action;
  const [, , service, , , name] = resource.split(':');
  const kind = service === 's3' ? (name.includes('/') ? 'objects' : 'bucket') : name.split('/')[0];
  return `${action} on ${kind}`;
}

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
