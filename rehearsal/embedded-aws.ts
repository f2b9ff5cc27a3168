import { CreateAccessKeyCommand, CreateUserCommand, IAMClient, PutUserPolicyCommand } from '@aws-sdk/client-iam';
import type { Leash } from './leash';
import type { Workspace } from './workspace';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** The AWS on loopback, as its administrator sees it. */
export class EmbeddedAws {
  static async start(workspace: Workspace): Promise<EmbeddedAws> {
    const { project } = workspace;
    const leash = workspace.start({
      name: 'aws',
      command: [project.python, '-m', 'rehearsal.aws'],
      environment: workspace.environment(workspace.directory('home')),
      cwd: project.root,
    });
    const ready = JSON.parse(await leash.line((line) => line.startsWith('{'), 60)) as { endpoint: string; region: string; account: string };
    return new EmbeddedAws(workspace, ready.endpoint, ready.region, ready.account);
  }

  // Until authorization is on, any key is an administrator's.
  private credentials: Credentials = { accessKeyId: 'rehearsal', secretAccessKey: 'rehearsal' };

  private constructor(private readonly workspace: Workspace, readonly endpoint: string, readonly region: string, readonly account: string) {}

  /** For the SDK's clients. */
  get client() {
    return { endpoint: this.endpoint, region: this.region, credentials: this.credentials };
  }

  /** For commands that act as the operator: the CDK CLI, and `graviton-tf why` against a kept rehearsal. */
  get operatorEnvironment(): Record<string, string> {
    return {
      AWS_ENDPOINT_URL: this.endpoint,
      AWS_REGION: this.region,
      AWS_ACCESS_KEY_ID: this.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: this.credentials.secretAccessKey,
    };
  }

  /** From now on every request needs a policy that allows it, as in AWS. The operator's allows all. */
  async enforceAuthorization(): Promise<void> {
    const iam = new IAMClient(this.client);
    const UserName = 'operator';
    await iam.send(new CreateUserCommand({ UserName }));
    await iam.send(new PutUserPolicyCommand({
      UserName,
      PolicyName: 'administrator',
      PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }),
    }));
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
    const answer = await fetch(`${this.endpoint}/moto-api/reset-auth`, { method: 'POST', body: '0' });
    if (!answer.ok || !AccessKey?.AccessKeyId || !AccessKey.SecretAccessKey) throw new Error(`the embedded AWS refuses to enforce authorization: ${answer.status}`);
    this.credentials = { accessKeyId: AccessKey.AccessKeyId, secretAccessKey: AccessKey.SecretAccessKey };
  }

  /** The metadata service of one instance: its identity, and credentials of its role that AWS made for it. */
  async metadataService(instance: string): Promise<{ endpoint: string; leash: Leash }> {
    const { project } = this.workspace;
    const leash = this.workspace.start({
      name: `metadata-${instance}`,
      command: [project.python, '-m', 'rehearsal.aws.imds', '--endpoint', this.endpoint, '--instance-id', instance],
      environment: { ...this.workspace.environment(this.workspace.directory('home')), ...this.operatorEnvironment },
      cwd: project.root,
    });
    const { endpoint } = JSON.parse(await leash.line((line) => line.startsWith('{'), 30)) as { endpoint: string };
    return { endpoint, leash };
  }
}
