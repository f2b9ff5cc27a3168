import type { EmbeddedAws } from './embedded-aws';
import { CommandFailed } from './leash';
import type { Workspace } from './workspace';

export interface Deploy {
  readonly stack: string;
  /** As the context has it. */
  readonly runtime: string;
  readonly model: string;
  readonly restPort: number;
}

/** The CDK CLI of node_modules, against the embedded AWS. */
export class Cdk {
  constructor(private readonly workspace: Workspace, private readonly aws: EmbeddedAws) {}

  /** From a folder without cdk.json: there it would synthesize the app first. */
  async bootstrap(note: (line: string) => void): Promise<void> {
    const { account, region } = this.aws;
    await this.run('cdk-bootstrap', ['bootstrap', `aws://${account}/${region}`], this.workspace.directory('bootstrap'), note);
  }

  async deploy(deploy: Deploy, note: (line: string) => void): Promise<void> {
    const context = {
      stackName: deploy.stack,
      runtime: deploy.runtime,
      model: deploy.model,
      modelName: 'model',
      vpc: 'new',
      serving: JSON.stringify({ restPort: deploy.restPort }),
    };
    await this.run(`cdk-deploy-${deploy.runtime}`, [
      'deploy', deploy.stack, '--require-approval', 'never', '--output', this.workspace.directory(`cdk.out-${deploy.runtime}`),
      ...Object.entries(context).flatMap(([key, value]) => ['--context', `${key}=${value}`]),
    ], this.workspace.project.root, note);
  }

  private async run(name: string, args: readonly string[], cwd: string, note: (line: string) => void): Promise<void> {
    const { project } = this.workspace;
    const leash = this.workspace.start({
      name,
      command: [process.execPath, project.path('node_modules/aws-cdk/bin/cdk'), ...args, '--no-notices', '--no-color', '--ci'],
      environment: {
        ...this.workspace.environment(this.workspace.directory('home')),
        ...this.aws.operatorEnvironment,
        // Each would be traffic to another address than the embedded AWS.
        CDK_DISABLE_VERSION_CHECK: 'true',
        CDK_DISABLE_CLI_TELEMETRY: 'true',
        AWS_EC2_METADATA_DISABLED: 'true',
        AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
        // Runs in the tests, on the same stacks; here it would add 5 s to every deployment.
        CDK_VALIDATION: 'false',
      },
      cwd,
    });
    const status = await leash.finish((line) => note(plain(line)));
    if (status !== 0) {
      const lines = leash.lines().map(plain);
      // The app's own error, or CloudFormation's; what comes behind it only says that there was one.
      const reason = lines.find((line) => /^Error: |❌/u.test(line)) ?? `it ended with status ${status}`;
      throw new CommandFailed(`cdk ${args[0]}: ${reason.replace(/^Error: /, '')}`, lines);
    }
  }
}

function plain(line: string): string {
   
  return line.replace(/\u001b\[[0-9;]*[A-Za-z]/g, '').trimEnd();
}
