import { App, CfnWaitConditionHandle, Stack } from 'aws-cdk-lib';

// A stack without a resource fails CDK's own rules; a handle that nobody waits for is the least of all.
const app = new App();
new CfnWaitConditionHandle(new Stack(app, 'Empty'), 'Nothing');
app.synth();
