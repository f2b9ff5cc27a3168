import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks } from 'cdk-nag';
import { readContext } from '../../bin/context';
import { BuildTensorFlowJavaRunbook, BuildTensorFlowWheelRunbook, GravitonRules, MlperfRunbook, TensorFlowServerStack } from '../../lib';

const ROOT = path.join(__dirname, '..', '..');

/** The stacks that the app can make, by the context that makes them. */
const STACKS: Record<string, Record<string, unknown>> = {
  ContainerFromAsset: { runtime: 'dlc' },
  ContainerFromBucket: { runtime: 'dlc:2.16.1', model: 's3://a-bucket/models/tone', serving: { batching: { maxBatchSize: 8 } } },
  WheelFromAsset: { runtime: 'wheel', image: 'ubuntu24.04' },
  WheelFromBucket: { runtime: 'wheel', model: 's3://a-bucket', instanceType: 'c8g.4xlarge', image: 'al2023-6.12' },
  OwnImage: { runtime: 'registry.example.com/tf-serving:1', image: 'ami-0123456789abcdef0', kernel: '5.15' },
};

describe('every stack of the app', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'templates-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  const model = path.join(folder, 'model');
  mkdirSync(path.join(model, '1'), { recursive: true });
  writeFileSync(path.join(model, '1', 'saved_model.pb'), '');

  // One app for all: each synthesis with the rules on takes seconds.
  const { context } = JSON.parse(readFileSync(path.join(ROOT, 'cdk.json'), 'utf8'));
  const app = new App({ outdir: path.join(folder, 'out'), context, analyticsReporting: false });
  for (const [name, keys] of Object.entries(STACKS)) {
    const stack = new TensorFlowServerStack(app, name, readContext(new App({ context: { ...context, model, ...keys } }).node).props);
    const operator = new iam.Role(stack, 'Operator', { assumedBy: new iam.AccountRootPrincipal() });
    for (const { grants } of [stack.troubleshoot, stack.optimizeGraph, stack.rightSize, stack.mlperf]) {
      grants.run(operator);
    }
    const images = { bucket: s3.Bucket.fromBucketName(stack, 'Images', 'datasets'), objectKey: 'imagenet/' };
    new MlperfRunbook(stack, 'MlperfOnImages', { resultsBucket: stack.troubleshoot.resultsBucket, images }).grantReadImages(stack.server);
    const java = new BuildTensorFlowJavaRunbook(stack, 'BuildJava', { resultsBucket: stack.troubleshoot.resultsBucket, model: { bucket: images.bucket, objectKey: 'demo/' } });
    java.grants.run(operator);
    java.grants.runOn(stack.server);
    const wheel = new BuildTensorFlowWheelRunbook(stack, 'BuildWheel');
    wheel.grants.run(operator);
    wheel.grants.runOn(stack.server);
  }
  Validations.of(app).addPlugins(GravitonRules.plugin(), new AwsSolutionsChecks(app));
  const printed: string[] = [];
  const silenced = jest.spyOn(console, 'error').mockImplementation((...words) => void printed.push(words.join(' ')));
  app.synth();
  silenced.mockRestore();
  process.exitCode = 0;

  test('passes cdk-nag\'s AwsSolutions and the library\'s own rules', () => {
    const report = path.join(folder, 'out', 'validation-report.json');
    const findings = JSON.parse(readFileSync(report, 'utf8')).pluginReports
      .flatMap(({ violations }: { violations: { ruleName: string; severity?: string }[] }) => violations)
      .filter(({ ruleName }: { ruleName: string }) => !ruleName.includes('graviton-tensorflow:'));
    expect(findings).toEqual([]);
    expect(printed.join('\n')).not.toMatch(/^ERROR/m);
  });

  test('passes cfn-lint', () => {
    const templates = Object.keys(STACKS).map((name) => path.join(folder, 'out', `${name}.template.json`));
    // W3005: CDK states dependencies that CloudFormation could infer, which is harmless.
    const lint = spawnSync(path.join(ROOT, '.venv', 'bin', 'cfn-lint'), ['--ignore-checks', 'W3005', '--', ...templates], { encoding: 'utf8' });
    expect(lint.stdout + lint.stderr).toBe('');
    expect(lint.status).toBe(0);
  });
});
