import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { CloudFormationValidatePlugin, type IPolicyValidationPlugin } from 'aws-cdk-lib';
import { packageRoot } from '../package-root';

/**
 * This library's own rules for the templates it makes: IMDSv2, arm64, the kernel floor, no public
 * ingress. One file a rule, in CloudFormation Guard's language, below `lib/policy/rules`.
 *
 * @see https://docs.aws.amazon.com/cfn-guard/latest/ug/writing-rules.html
 */
export class GravitonRules {
  /**
   * The rules as a plugin for `Validations.of(app).addPlugins()`, beside CDK's own default rules.
   */
  public static plugin(): IPolicyValidationPlugin {
    const folder = path.join(packageRoot(), 'lib', 'policy', 'rules');
    const guardRules = readdirSync(folder)
      .filter((file) => file.endsWith('.guard'))
      .sort()
      .map((file) => ({ name: path.basename(file, '.guard'), content: readFileSync(path.join(folder, file), 'utf8') }));
    return new CloudFormationValidatePlugin({ guardRules });
  }

  private constructor() {}
}
