import { App, Validations } from 'aws-cdk-lib';
import { readContext } from './context';
import { GravitonRules, TensorFlowServerStack } from '../lib';

async function main(): Promise<void> {
  const app = new App();
  const { stackName, lookup, props } = readContext(app.node);

  // Only lookups need to know where they look; without them the template fits every account and region.
  const env = lookup ? { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION } : undefined;

  new TensorFlowServerStack(app, stackName, { ...props, env });

  // CDK's own switch for its validation; the policies go with it, for seconds of start-up each.
  if (process.env.CDK_VALIDATION !== 'false') {
    const { AwsSolutionsChecks } = await import('cdk-nag');
    Validations.of(app).addPlugins(GravitonRules.plugin(), new AwsSolutionsChecks(app));
  }
  app.synth();
}

main().catch((error: Error) => {
  // What went wrong is in the message; where it did is of use to this project's developers only.
  console.error(process.env.CDK_DEBUG === 'true' ? error : `Error: ${error.message}`);
  process.exitCode = 1;
});
