import * as path from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { BuildRunbook, BuildTensorFlowWheelRunbook, type BuildTensorFlowWheelRunbookProps, RunbookInstances, TensorFlowRuntime } from '../../lib';
import { renderDocument } from '../../lib/runbooks/render-document';
import { describeWithFlags, newApp } from '../support/feature-flags';
import { rightsOf } from '../support/role-statements';
import { resourceOf } from '../support/typical-values';

const FOLDER = path.join(__dirname, '..', '..', 'runbooks', 'build-wheel');
const FIXED = ['PipIndexUrl', 'Sources', 'BazelReleases', 'LlvmReleases', 'BazelDownloads', 'Commits', 'BazelSha256', 'LlvmSha256'];

function runbookIn(props?: (stack: Stack) => BuildTensorFlowWheelRunbookProps, app = newApp()) {
  const stack = new Stack(app, 'Stack');
  return { stack, runbook: new BuildTensorFlowWheelRunbook(stack, 'Wheel', props?.(stack)) };
}

const role = (stack: Stack, id = 'Builder') => new iam.Role(stack, id, { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') });

const parametersOf = (stack: Stack) => resourceOf(Template.fromStack(stack), 'AWS::SSM::Document').Properties.Content.parameters;

describeWithFlags('the runbook', (makeApp) => {
  const { stack } = runbookIn(undefined, makeApp());
  const template = Template.fromStack(stack);

  test('is the document of its folder, found by its tags', () => {
    const { Content, Tags } = resourceOf(template, 'AWS::SSM::Document').Properties;
    const source = renderDocument(FOLDER, { fixed: FIXED, store: () => 's3://somewhere' });

    expect(Content.mainSteps.map(({ name }: { name: string }) => name)).toEqual(source.mainSteps.map(({ name }) => name));
    expect(Object.keys(Content.parameters)).toEqual(Object.keys(source.parameters));
    expect(Tags).toEqual(expect.arrayContaining([
      { Key: 'graviton-tensorflow:runbook', Value: 'build-wheel' }, { Key: 'graviton-tensorflow:stack', Value: 'Stack' },
    ]));
  });

  test('keeps what is built in a bucket of its own: encrypted, private, versioned, for good', () => {
    const [id] = Object.keys(template.findResources('AWS::S3::Bucket')).filter((name) => name.startsWith('WheelArtifacts'));
    const bucket = template.findResources('AWS::S3::Bucket')[id];

    expect(bucket).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain', Properties: { VersioningConfiguration: { Status: 'Enabled' } } });
    expect(bucket.Properties.PublicAccessBlockConfiguration).toEqual({ BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true });
    expect(bucket.Properties.BucketEncryption.ServerSideEncryptionConfiguration[0].ServerSideEncryptionByDefault.SSEAlgorithm).toBe('AES256');
    // Uploads that were cut short are all that goes away.
    expect(bucket.Properties.LifecycleConfiguration.Rules).toEqual([{ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 }, Status: 'Enabled' }]);
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      Bucket: { Ref: id }, PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } })]) },
    });
    expect(resourceOf(template, 'AWS::SSM::Document').Properties.Content.parameters.ArtifactsBucket.default).toContain(id);
  });
});

test('where programs come from, and what they must be, is for the deployment to say, not for who runs it', () => {
  const digits = 'ab'.repeat(32);
  const { stack } = runbookIn(() => ({
    sources: 'https://git.example.com/mirror', bazelReleases: 's3://mirror/bazel', llvmReleases: 'https://mirror.example.com/llvm', bazelDownloads: 'https://mirror.example.com/rest',
    pipIndexUrl: 'https://pypi.example.com/simple', commits: { '2.19.1': 'ab'.repeat(20) }, bazelSha256: { '7.7.0': digits, '7.6.2': digits }, llvmSha256: { '19.1.7': digits },
  }));
  const parameters = parametersOf(stack);

  expect(FIXED.map((name) => parameters[name].default)).toEqual([
    'https://pypi.example.com/simple', 'https://git.example.com/mirror', 's3://mirror/bazel', 'https://mirror.example.com/llvm', 'https://mirror.example.com/rest',
    `2.19.1=${'ab'.repeat(20)}`, `7.7.0=${digits} 7.6.2=${digits}`, `19.1.7=${digits}`,
  ]);
  for (const name of FIXED) {
    const taken = new RegExp(parameters[name].allowedPattern);
    expect([name, taken.test(parameters[name].default), taken.test(`${parameters[name].default}x`)]).toEqual([name, true, false]);
  }
  expect(new RegExp(parameters.Release.allowedPattern).test('2.17.0')).toBe(true);
});

test('nor where what is built goes', () => {
  const { stack } = runbookIn((scope) => ({ artifactsBucket: s3.Bucket.fromBucketName(scope, 'Wheels', 'wheels') }));

  expect(parametersOf(stack).ArtifactsBucket).toMatchObject({ default: 'wheels', allowedPattern: '^wheels$' });
});

test.each<[string, BuildTensorFlowWheelRunbookProps, string]>([
  ['a release that is none', { commits: { v2: 'ab'.repeat(20) } }, 'commits: got the key "v2"; allowed are versions such as "2.19.1".'],
  ['a commit that is cut', { commits: { '2.19.1': 'abcdef' } }, 'commits["2.19.1"]: got "abcdef"; allowed are 40 hexadecimal digits in small letters.'],
  ['a checksum in capitals', { bazelSha256: { '7.7.0': 'AB'.repeat(32) } }, `bazelSha256["7.7.0"]: got "${'AB'.repeat(32)}"; allowed are 64 hexadecimal digits in small letters.`],
  ['a commit for a checksum', { llvmSha256: { '19.1.7': 'ab'.repeat(20) } }, `llvmSha256["19.1.7"]: got "${'ab'.repeat(20)}"; allowed are 64 hexadecimal digits in small letters.`],
])('refused: %s', (_, props, sentence) => {
  expect(() => runbookIn(() => props)).toThrow(sentence);
});

test('a mirror that is no URL is refused', () => {
  expect(() => runbookIn(() => ({ sources: 'git@example.com:mirror' }))).toThrow(/parameter "Sources": default: got "git@example\.com:mirror"; allowed is what allowedPattern takes/);
});

describe('grants', () => {
  test('an instance may put artifacts and results below their prefixes and fetch the programs, and nothing else', () => {
    const { stack, runbook } = runbookIn();
    runbook.grants.runOn(role(stack)).assertSuccess();
    const rights = rightsOf(Template.fromStack(stack), 'Builder').map(([action, resource]) => `${action} ${resource.replace(/^.*:::/, '')}`);

    expect(rights).toEqual([
      expect.stringMatching(/^s3:GetObject .*\/[0-9a-f]{64}\.zlib$/), expect.stringMatching(/^s3:PutObject .*\/build-wheel\/\*$/),
      expect.stringMatching(/^s3:PutObject .*\/build-wheel\/\*$/), expect.stringMatching(/^s3:PutObjectAcl .*\/build-wheel\/\*$/),
    ]);
    expect(new Set(rights.slice(1, 3)).size).toBe(2);
  });

  test('and use the key of a bucket that has one, below which the runbook is one of several', () => {
    const { stack, runbook } = runbookIn((scope) => ({ artifactsBucket: new s3.Bucket(scope, 'Wheels', { encryptionKey: new kms.Key(scope, 'Key') }) }));
    runbook.grants.runOn(role(stack));
    const actions = rightsOf(Template.fromStack(stack), 'Builder').map(([action]) => action);

    expect(actions.filter((action) => action.startsWith('kms:'))).toEqual(['kms:Decrypt', 'kms:GenerateDataKey']);
    expect(Object.keys(Template.fromStack(stack).findResources('AWS::S3::Bucket'))).toHaveLength(2);
    expect(runbook.artifactsPrefix).toBe('build-wheel');
  });

  test('an operator may run it on instances with the build tag, not on servers', () => {
    const { stack, runbook } = runbookIn();
    runbook.grants.run(role(stack, 'Operator')).assertSuccess();
    const send = rightsOf(Template.fromStack(stack), 'Operator').filter(([action, , condition]) => action === 'ssm:SendCommand' && condition);

    expect(send.map(([, , condition]) => condition)).toEqual([{ StringEquals: { [`ssm:resourceTag/${BuildRunbook.INSTANCES_TAG}`]: 'Stack' } }]);
    expect(BuildRunbook.INSTANCES_TAG).toBe('graviton-tensorflow:build');
  });

  test('or on those that were named', () => {
    const { stack, runbook } = runbookIn(() => ({ instances: RunbookInstances.withIds('i-0123456789abcdef0') }));
    runbook.grants.run(role(stack, 'Operator'));
    const resources = rightsOf(Template.fromStack(stack), 'Operator').filter(([action]) => action === 'ssm:SendCommand').map(([, resource]) => resource);

    expect(resources).toContainEqual(expect.stringMatching(/instance\/i-0123456789abcdef0$/));
  });
});

/** As the runbook names them: test_build_wheel_*.py sees these keys in the bucket. */
test.each([
  'build-wheel/2.16.1/clang-17.0.2/tensorflow-2.16.1-cp311-cp311-linux_aarch64.whl',
  'build-wheel/2.20.0/gcc-11.4.1/tensorflow_cpu-2.20.0-cp312-cp312-linux_aarch64.whl',
])('what was built can be served: %s', (key) => {
  const { stack, runbook } = runbookIn();

  expect(() => TensorFlowRuntime.wheelFile(runbook.artifactsBucket, key, { sha256: 'ab'.repeat(32) })).not.toThrow();
  expect(stack.stackName).toBe('Stack');
});
