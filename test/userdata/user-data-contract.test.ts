import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import { Stack } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { ModelSource, TensorFlowRuntime, type TensorFlowServerProps } from '../../lib';
import { describeWithFlags, newApp } from '../support/feature-flags';
import { namesIn, tableUnder } from '../support/readme-tables';
import { serverTemplate } from '../support/servers';
import { userDataExports, userDataOf } from '../support/user-data';

const ROOT = path.join(__dirname, '..', '..');
const README = path.join(ROOT, 'userdata', 'README.md');
const ROOM = 3 * 1024;

const exported = tableUnder(README, 'Variables that user data exports');
const never = tableUnder(README, 'Variables that user data never exports').flatMap(([names]) => namesIn(names));

/** The variables that a boot of this kind is given: a row that begins with another kind is not for it. */
function promised(kinds: string[]): string[] {
  const applies = (value: string) => {
    const [, listed] = /^((?:(?:container|wheel|dockerhub|asset|bucket)(?:, )?)+): /.exec(value) ?? [];
    return listed === undefined || listed.split(', ').some((kind) => kinds.includes(kind));
  };
  return exported.filter(([, value]) => applies(value)).flatMap(([names]) => namesIn(names)).sort();
}

function run(command: string, args: string[], input: string) {
  const { status, stdout, stderr } = spawnSync(command, args, { input, encoding: 'utf8' });
  return { status, printed: stdout + stderr };
}

test('the README\'s tables were found', () => {
  expect(exported.flatMap(([names]) => namesIn(names)).length).toBeGreaterThan(25);
  expect(never).toEqual(expect.arrayContaining(['GTF_ROOT', 'GTF_PACKAGER', 'GTF_SUPERVISOR', 'AWS_ENDPOINT_URL']));
});

const bucket = ModelSource.fromBucketName('our-models', 'models/resnet');
const ownWheel = TensorFlowRuntime.wheelFile(
  s3.Bucket.fromBucketName(new Stack(newApp(), 'Elsewhere'), 'Wheels', 'our-wheels'), 'builds/tensorflow-2.16.1-cp311-cp311-linux_aarch64.whl', { sha256: '0'.repeat(64) },
);
const everything: Partial<TensorFlowServerProps> = {
  modelName: 'resnet_v2.1-b',
  serving: {
    processes: 2, intraOpThreads: 2, interOpThreads: 2, ompNumThreads: 2, restApiThreads: 16,
    batching: { maxBatchSize: 128, allowedBatchSizes: [1, 2, 4, 8, 16, 32, 64, 128] },
    environment: { TF_CPP_MIN_LOG_LEVEL: '1', NOTE: 'it\'s "ours" at $5 `each`' },
  },
};

/** A second for each, so once for each runtime and not for each template. */
test.each<[string, Partial<TensorFlowServerProps>]>([
  ['a container with everything', { ...everything, model: bucket }], ['a wheel', { runtime: TensorFlowRuntime.wheel() }],
])('shellcheck finds nothing in the user data of %s', (_, props) => {
  // SC2016 advises double quotes where a single-quoted value holds a backtick or dollar: here that is the point.
  expect(run(path.join(ROOT, '.venv', 'bin', 'shellcheck'), ['--shell=bash', '--exclude=SC2016', '-'], userDataOf(serverTemplate(props)))).toEqual({ status: 0, printed: '' });
});

describeWithFlags('user data', (makeApp) => {
  describe.each<[string, string[], Partial<TensorFlowServerProps>]>([
    ['of the default', ['container', 'asset'], {}],
    ['of a container with everything', ['container', 'bucket'], { ...everything, model: bucket }],
    ['of a container by digest', ['container', 'asset'], { runtime: TensorFlowRuntime.deepLearningContainer({ version: '2.19.0', digest: `sha256:${'0'.repeat(64)}` }) }],
    ['of a wheel with a directory', ['wheel', 'asset'], { runtime: TensorFlowRuntime.wheel() }],
    ['of a wheel file', ['wheel', 'asset'], { runtime: ownWheel }],
    ['of an image from Docker Hub', ['dockerhub', 'asset'], { runtime: TensorFlowRuntime.dockerHub({ tag: 'r24.03-tf-2.15.1-onednn-acl' }) }],
    ['of a wheel with everything', ['wheel', 'bucket'], { ...everything, runtime: TensorFlowRuntime.wheel(), model: bucket }],
  ])('%s', (_, kinds, props) => {
    const template = serverTemplate(props, { app: makeApp() });
    const script = userDataOf(template);

    test('exports what the README lists, and nothing else', () => {
      const names = Object.keys(userDataExports(template)).sort();

      expect(names).toEqual(promised(kinds));
      expect(names.filter((name) => never.includes(name))).toEqual([]);
    });

    test('is bash', () => {
      expect(run('/bin/bash', ['-n'], script)).toEqual({ status: 0, printed: '' });
    });

    test('leaves 3 KiB of EC2\'s 16', () => {
      expect(Buffer.byteLength(script)).toBeLessThan(16_384 - ROOM);
    });
  });

  test('says what was asked for, in the words of the stack that it runs in', () => {
    expect(userDataExports(serverTemplate({ ...everything, model: bucket }, { app: makeApp() }))).toMatchObject({
      GTF_REGION: 'us-west-2', GTF_STACK: 'Production-TensorFlow', GTF_RESOURCE: 'ServerGroupASG283BF8C1', GTF_LOG_GROUP: expect.stringContaining('ServerLogGroup'),
      GTF_KERNEL_FLOOR: '5.10', GTF_MODEL_NAME: 'resnet_v2.1-b', GTF_MODEL_SOURCE: 'bucket', GTF_MODEL_PREFIX: 'models/resnet',
      GTF_SERVING_ENVIRONMENT: 'TF_ENABLE_ONEDNN_OPTS=1\nOMP_PROC_BIND=false\nOMP_PLACES=cores\nTF_CPP_MIN_LOG_LEVEL=1\nNOTE=it\'s "ours" at $5 `each`',
    });
  });
});
