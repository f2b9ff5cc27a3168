import { App } from 'aws-cdk-lib';
import { readContext } from './context';
import { TensorFlowServerStack } from '../lib';

const app = new App();
const { stackName, lookup, props } = readContext(app.node);

// Only lookups need to know where they look; without them the template fits every account and region.
const env = lookup ? { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION } : undefined;

new TensorFlowServerStack(app, stackName, { ...props, env });

app.synth();
