import { CloudFormationClient, DescribeStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import { GetRolePolicyCommand, IAMClient, ListRolePoliciesCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { S3Client } from '@aws-sdk/client-s3';
import type { EmbeddedAws } from '../../rehearsal/embedded-aws';

export interface Statement {
  readonly Action: string | string[];
  readonly Resource: string | string[];
}

/** The role of a deployed server's instances, with the policy that the stack wrote for it. */
export class DeployedRole {
  static async read(aws: EmbeddedAws, stack: string): Promise<DeployedRole> {
    const { StackResources = [] } = await new CloudFormationClient(aws.client).send(new DescribeStackResourcesCommand({ StackName: stack }));
    const RoleName = StackResources.find((resource) => resource.ResourceType === 'AWS::IAM::Role' && resource.LogicalResourceId?.startsWith('ServerRole'))?.PhysicalResourceId as string;
    const iam = new IAMClient(aws.client);
    const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName }));
    expect(PolicyNames).toHaveLength(1);
    const { PolicyDocument } = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName: PolicyNames[0] }));
    return new DeployedRole(iam, RoleName, PolicyNames[0], (JSON.parse(decodeURIComponent(PolicyDocument as string)) as { Statement: Statement[] }).Statement);
  }

  private constructor(private readonly iam: IAMClient, readonly name: string, private readonly policy: string, readonly statements: readonly Statement[]) {}

  /** Its statements without one action. */
  without(action: string): Statement[] {
    return this.statements.flatMap((statement) => {
      const Action = [statement.Action].flat().filter((each) => each !== action);
      return Action.length ? [{ ...statement, Action }] : [];
    });
  }

  /** Its statements without what they say of one resource. */
  withoutResource(resource: string): Statement[] {
    return this.statements.flatMap((statement) => {
      const Resource = [statement.Resource].flat().filter((each) => each !== resource);
      return Resource.length ? [{ ...statement, Resource }] : [];
    });
  }

  /** S3 as the instance calls it, with the credentials that its metadata service gives. */
  async s3(aws: EmbeddedAws, instance: string): Promise<S3Client> {
    const answer = await fetch(`${aws.endpoint}/embedded-aws/instances/${instance}/meta-data/iam/security-credentials/${this.name}`);
    const { AccessKeyId, SecretAccessKey, Token } = await answer.json() as Record<string, string>;
    return new S3Client({ ...aws.client, credentials: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: Token }, forcePathStyle: true });
  }

  /** Runs something while the role has fewer rights; what was taken away must have been there. */
  async restrictedTo<T>(statements: readonly Statement[], run: () => Promise<T>): Promise<T> {
    expect(JSON.stringify(normal(statements))).not.toBe(JSON.stringify(normal(this.statements)));
    await this.put(statements);
    try {
      return await run();
    } finally {
      await this.put(this.statements);
    }
  }

  private async put(statements: readonly Statement[]): Promise<void> {
    await this.iam.send(new PutRolePolicyCommand({
      RoleName: this.name, PolicyName: this.policy, PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: statements }),
    }));
  }
}

function normal(statements: readonly Statement[]) {
  return statements.map((statement) => ({ ...statement, Action: [statement.Action].flat(), Resource: [statement.Resource].flat() }));
}
