import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { readContext } from './context';
import { GravitonRules, TensorFlowServerStack } from '../lib';

try {
  const app = new App();
  const { stackName, lookup, props } = readContext(app.node);

  // Only lookups need to know where they look; without them the template fits every account and region.
  const env = lookup ? { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION } : undefined;

  new TensorFlowServerStack(app, stackName, { ...props, env });
  Validations.of(app).addPlugins(GravitonRules.plugin(), new AwsSolutionsChecks(app));
  app.synth();
} catch (error) {
  // What went wrong is in the message; where it did is of use to this project's developers only.
  console.error(process.env.CDK_DEBUG === 'true' ? error : `Error: ${(error as Error).message}`);
  process.exitCode = 1;
}
