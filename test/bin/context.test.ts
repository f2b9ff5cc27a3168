import { Template } from 'aws-cdk-lib/assertions';
import { CONTEXT_KEYS, readContext } from '../../bin/context';
import { TensorFlowServerStack } from '../../lib';
import { newApp } from '../support/feature-flags';
import { folderWith, savedModel, WHOLE_VERSION } from '../support/saved-models';
import { messageOf } from '../support/thrown';
import { resourceOf } from '../support/typical-values';
import { userDataExports } from '../support/user-data';

const MODEL = savedModel();
const env = { account: '111122223333', region: 'us-west-2' };

/** The app, as bin/app.ts builds it. */
function deployed(context: { [key: string]: unknown }) {
  const app = newApp({ model: MODEL, ...context });
  const { stackName, lookup, props } = readContext(app.node);
  const stack = new TensorFlowServerStack(app, stackName, { ...props, env: lookup ? env : undefined });
  return { app, stack, lookup };
}

function exportsWith(context: { [key: string]: unknown }): { [name: string]: string } {
  return userDataExports(Template.fromStack(deployed(context).stack));
}

function launchedWith(context: { [key: string]: unknown }): any {
  return resourceOf(Template.fromStack(deployed(context).stack), 'AWS::EC2::LaunchTemplate').Properties.LaunchTemplateData;
}

test('a model is enough', () => {
  const { stack, lookup } = deployed({});

  expect([stack.node.id, lookup]).toEqual(['GravitonTensorFlow', false]);
  expect(exportsWith({})).toMatchObject({ GTF_MODEL_NAME: 'model', GTF_RUNTIME: 'container', GTF_IMAGE: expect.stringContaining(':2.14.1-') });
  expect(launchedWith({})).toMatchObject({ InstanceType: 'c7g.xlarge', ImageId: expect.stringContaining('al2023-ami-kernel-6.1-arm64') });
});

test.each(Object.keys(CONTEXT_KEYS).filter((key) => key !== 'model').flatMap((key) => [[key, ''], [key, null]]))('%s: %j is its default', (key, nothing) => {
  expect(exportsWith({ [String(key)]: nothing })).toEqual(exportsWith({}));
});

describe('each key', () => {
  test.each<[string, unknown, { [name: string]: unknown }]>([
    ['model', 's3://our-models/resnet/v1/', { GTF_MODEL_SOURCE: 'bucket', GTF_MODEL_BUCKET: 'our-models', GTF_MODEL_PREFIX: 'resnet/v1' }],
    ['model', 's3://our-models', { GTF_MODEL_BUCKET: 'our-models', GTF_MODEL_PREFIX: '' }],
    ['model', 's3://our.models-2/', { GTF_MODEL_BUCKET: 'our.models-2', GTF_MODEL_PREFIX: '' }],
    ['model', MODEL, { GTF_MODEL_SOURCE: 'asset' }],
    ['modelName', 'resnet_v2.1-b', { GTF_MODEL_NAME: 'resnet_v2.1-b' }],
    ['runtime', 'dlc', { GTF_IMAGE: expect.stringContaining(':2.14.1-') }],
    ['runtime', 'dlc:2.16.1', { GTF_IMAGE: expect.stringContaining(':2.16.1-') }],
    ['runtime', 'wheel', { GTF_RUNTIME: 'wheel', GTF_TENSORFLOW_VERSION: '2.20.0' }],
    ['runtime', 'wheel:2.21.0', { GTF_TENSORFLOW_VERSION: '2.21.0' }],
    ['runtime', 'dockerhub:r24.03-tf-2.15.1-onednn-acl', { GTF_RUNTIME: 'dockerhub', GTF_IMAGE: 'armswdev/tensorflow-arm-neoverse:r24.03-tf-2.15.1-onednn-acl' }],
    ['runtime', 'registry.example.com:5000/tf:1', { GTF_RUNTIME: 'container', GTF_IMAGE: 'registry.example.com:5000/tf:1', GTF_ECR_REGISTRY: '' }],
    ['runtime', `tf@sha256:${'0'.repeat(64)}`, { GTF_IMAGE: `tf@sha256:${'0'.repeat(64)}` }],
  ])('%s: %s', (key, value, expected) => {
    expect(exportsWith({ [key]: value })).toMatchObject(expected);
  });

  test.each<[{ [key: string]: unknown }, { [property: string]: unknown }]>([
    [{ instanceType: 'm8g.2xlarge' }, { InstanceType: 'm8g.2xlarge' }],
    [{ image: 'al2023' }, { ImageId: expect.stringContaining('al2023-ami-kernel-6.1-arm64') }],
    [{ image: 'al2023-6.12' }, { ImageId: expect.stringContaining('al2023-ami-kernel-6.12-arm64') }],
    [{ image: 'al2' }, { ImageId: expect.stringContaining('amzn2-ami-kernel-5.10') }],
    [{ image: 'ubuntu22.04' }, { ImageId: expect.stringContaining('ubuntu/server/22.04') }],
    [{ image: 'ubuntu24.04' }, { ImageId: expect.stringContaining('ubuntu/server/24.04') }],
    [{ image: 'ecs-al2023' }, { ImageId: expect.stringContaining('ecs/optimized-ami/amazon-linux-2023/arm64') }],
    [{ image: 'ami-0123456789abcdef0', kernel: '5.15' }, { ImageId: 'ami-0123456789abcdef0' }],
    [{ image: '/our/image', kernel: '6.1' }, { ImageId: 'resolve:ssm:/our/image' }],
  ])('%j', (context, expected) => {
    expect(launchedWith(context)).toMatchObject(expected);
  });

  test('stackName', () => {
    expect(deployed({ stackName: 'Tf-Production' }).stack.stackName).toBe('Tf-Production');
  });

  test.each([['default', { isDefault: 'true' }], ['vpc-0123456789abcdef0', { 'vpc-id': 'vpc-0123456789abcdef0' }]])('vpc: %s is looked up', (vpc, filter) => {
    const { app, lookup } = deployed({ vpc });

    expect(lookup).toBe(true);
    expect(app.synth().manifest.missing![0].props).toMatchObject({ filter });
  });

  const serving = {
    processes: 2, intraOpThreads: 2, interOpThreads: 3, ompNumThreads: 4, restApiThreads: 32, oneDnn: false, bf16FastMath: false, monitoring: false, warmup: false,
    restPort: 9501, grpcPort: 9500, batching: { maxBatchSize: 8, batchTimeoutMicros: 5, maxEnqueuedBatches: 6, numBatchThreads: 7, allowedBatchSizes: [4, 8] }, environment: { A: '1' },
  };
  const texts = (value: unknown): unknown => (Array.isArray(value) ? value.map(texts)
    : typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, texts(inner)])) : String(value));

  test.each([['as JSON', serving], ['as the text of -c', JSON.stringify(serving)], ['with every number and boolean as text', texts(serving)]])('serving, %s', (_, given) => {
    expect(exportsWith({ serving: given })).toMatchObject({
      GTF_PROCESSES: '2', GTF_INTRA_OP_THREADS: '2', GTF_INTER_OP_THREADS: '3', GTF_OMP_NUM_THREADS: '4', GTF_REST_THREADS: '32', GTF_BF16_FAST_MATH: 'off',
      GTF_MONITORING: 'false', GTF_WARMUP: 'false', GTF_REST_PORT: '9501', GTF_GRPC_PORT: '9500',
      GTF_SERVING_ENVIRONMENT: 'TF_ENABLE_ONEDNN_OPTS=0\nOMP_PROC_BIND=false\nOMP_PLACES=cores\nA=1',
      GTF_BATCHING: 'max_batch_size { value: 8 }\nbatch_timeout_micros { value: 5 }\nmax_enqueued_batches { value: 6 }\nnum_batch_threads { value: 7 }\nallowed_batch_sizes: 4\nallowed_batch_sizes: 8',
    });
  });
});

describe('an error is one sentence with the key, what was got and what is allowed', () => {
  const allowed = (key: keyof typeof CONTEXT_KEYS) => `allowed is ${CONTEXT_KEYS[key]}.`;
  const empty = folderWith([]);
  const broken = folderWith(WHOLE_VERSION.slice(1));

  test.each<[{ [key: string]: unknown }, string]>([
    [{ model: '' }, `context key "model": got nothing; ${allowed('model')}`],
    [{ model: ['a'] }, `context key "model": got ["a"]; Invalid input: expected string, received array; ${allowed('model')}`],
    [{ model: '/nowhere/model' }, 'context key "model": got "/nowhere/model", which is not a readable directory; allowed is a directory with <version>/saved_model.pb.'],
    [{ model: empty }, `context key "model": got "${empty}" without a version folder; allowed is a directory with <version>/saved_model.pb, such as 1/saved_model.pb.`],
    [{ model: broken }, `context key "model": version 1 in "${broken}" lacks saved_model.pb; allowed is a whole SavedModel.`],
    [{ model: 's3://Our_Models/x' }, `context key "model": got "s3://Our_Models/x"; ${allowed('model')}`],
    [{ model: 's3://our-models_2/x' }, `context key "model": got "s3://our-models_2/x"; ${allowed('model')}`],
    [{ model: 's3://' }, `context key "model": got "s3://"; ${allowed('model')}`],
    [{ model: 's3://our-models/*' }, 'context key "model": model prefix: got "*"; allowed is a key prefix without "*", "?" and "$", which IAM would read as patterns.'],
    [{ modelName: 'a/b' }, 'modelName: got "a/b"; allowed are letters, digits, "_", "." and "-", beginning with a letter or digit.'],
    [{ modelName: 7 }, `context key "modelName": got 7; Invalid input: expected string, received number; ${allowed('modelName')}`],
    [{ stackName: '1st' }, `context key "stackName": got "1st"; ${allowed('stackName')}`],
    [{ stackName: 'a b' }, `context key "stackName": got "a b"; ${allowed('stackName')}`],
    [{ runtime: 'dockerhub' }, `context key "runtime": got "dockerhub"; ${allowed('runtime')}`],
    [{ runtime: 'docker' }, `context key "runtime": got "docker"; ${allowed('runtime')}`],
    [{ runtime: 'wheel:1.15.0' }, 'context key "runtime": wheel version: got "1.15.0"; allowed is a TensorFlow release from 2.14.1 on, such as "2.20.0".'],
    [{ instanceType: 'c5.xlarge' }, 'context key "instanceType": got "c5.xlarge", which is not Graviton; allowed are Graviton types, such as "c7g.xlarge" with the same vCPUs.'],
    [{ image: 'debian' }, `context key "image": got "debian"; ${allowed('image')}`],
    [{ image: 'toString' }, `context key "image": got "toString"; ${allowed('image')}`],
    [{ image: 'ami-0123456789abcdef0' }, `context key "kernel": got nothing; ${allowed('kernel')}`],
    [{ image: '/our/image', kernel: '' }, `context key "kernel": got nothing; ${allowed('kernel')}`],
    [{ image: '/our/image', kernel: 6.1 }, `context key "kernel": got 6.1; Invalid input: expected string, received number; ${allowed('kernel')}`],
    [{ vpc: 'existing' }, `context key "vpc": got "existing"; ${allowed('vpc')}`],
    [{ vpc: 'vpc-xyz' }, 'context key "vpc": got "vpc-xyz"; allowed is a VPC id such as "vpc-0123456789abcdef0".'],
    [{ serving: 'fast' }, `context key "serving": got "fast"; Invalid input: expected object, received string; ${allowed('serving')}`],
    [{ serving: [] }, `context key "serving": got []; Invalid input: expected object, received array; ${allowed('serving')}`],
    [{ serving: { proceses: 2 } }, `context key "serving": got {"proceses":2}; Unrecognized key: "proceses"; ${allowed('serving')}`],
    [{ serving: '{"monitoring":"yes"}' }, `context key "serving.monitoring": got "yes"; Invalid input: expected boolean, received string; ${allowed('serving')}`],
    [{ serving: { batching: {} } }, `context key "serving.batching.maxBatchSize": got nothing; Invalid input: expected number, received undefined; ${allowed('serving')}`],
    [{ serving: { batching: { maxBatchSize: 8, size: 1 } } }, `context key "serving.batching": got {"maxBatchSize":8,"size":1}; Unrecognized key: "size"; ${allowed('serving')}`],
    [{ serving: { environment: { A: 1 } } }, `context key "serving.environment.A": got 1; Invalid input: expected string, received number; ${allowed('serving')}`],
    [{ serving: { processes: 'two' } }, `context key "serving.processes": got "two"; Invalid input: expected number, received string; ${allowed('serving')}`],
    [{ serving: { processes: true } }, `context key "serving.processes": got true; Invalid input: expected number, received boolean; ${allowed('serving')}`],
    [{ serving: { processes: '' } }, `context key "serving.processes": got ""; Invalid input: expected number, received string; ${allowed('serving')}`],
    [{ serving: { processes: 1.5 } }, `context key "serving.processes": got 1.5; Invalid input: expected int, received number; ${allowed('serving')}`],
    [{ serving: { processes: 5 } }, 'serving.processes: got 5; allowed is a whole number from 1 to 4, the vCPUs of the instance type.'],
  ])('%j', (context, message) => {
    const got = messageOf(() => deployed(context));

    expect(got).toEqual(message);
    expect(got).not.toContain('\n');
  });

  test.each(['dlc:2.15.0', 'dlc:', 'tf:', 'registry.example.com:5000/tf'])('runtime: %s', (runtime) => {
    expect(messageOf(() => deployed({ runtime }))).toMatch(/^context key "runtime": (deepLearningContainer version: )?got .*; allowed (are|is) /);
  });

  test.each([['ami-0123456789abcdef0', '5.4'], ['/our/image', '4.14']])('image: %s with kernel %s', (image, kernel) => {
    expect(messageOf(() => deployed({ image, kernel }))).toMatch(new RegExp(`^context key "image": machineImage: got .* with kernel ${kernel}; allowed is kernel 5\\.10 or later`));
  });
});

test('the keys of cdk.json are keys that the app reads, and all of them', () => {
  const { context } = jest.requireActual<{ context: { [key: string]: unknown } }>('../../cdk.json');
  const own = Object.keys(context).filter((key) => !key.startsWith('@aws-cdk'));

  // stackName and kernel have no default worth showing.
  expect([...own, 'stackName', 'kernel'].sort()).toEqual(Object.keys(CONTEXT_KEYS).sort());
});
