import { Annotations, CfnParameter, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import { TensorFlowRuntime, type DockerHubOptions } from '../../lib';
import { newApp } from '../support/feature-flags';
import { rightsOf } from '../support/role-statements';
import { messageOf } from '../support/thrown';
import { withTypicalValues } from '../support/typical-values';
import { warningsOf } from '../support/warnings';

const TAG = 'r24.03-tf-2.15.1-onednn-acl';
const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

function bound(options: (stack: Stack) => DockerHubOptions) {
  const stack = new Stack(newApp(), 'Stack');
  const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') });
  const { environment, container } = TensorFlowRuntime.dockerHub(options(stack)).bind(stack, role);
  const resolved = stack.resolve(environment);
  const template = Template.fromStack(stack);
  return { stack, container, environment: withTypicalValues(template, resolved), rights: rightsOf(template, '') };
}

test('the pinned image, without rights', () => {
  const { container, environment, rights } = bound(() => ({ tag: TAG }));

  expect(environment).toEqual({ GTF_RUNTIME: 'dockerhub', GTF_IMAGE: `armswdev/tensorflow-arm-neoverse:${TAG}`, GTF_ECR_REGISTRY: '' });
  expect(container).toBe(false);
  expect(rights).toEqual([]);
});

test('by digest, which no push moves', () => {
  expect(bound(() => ({ tag: TAG, digest: DIGEST })).environment.GTF_IMAGE).toBe(`armswdev/tensorflow-arm-neoverse@${DIGEST}`);
  expect(messageOf(() => TensorFlowRuntime.dockerHub({ tag: TAG, digest: 'sha256:12' }))).toBe('digest: got "sha256:12"; allowed is "sha256:" and 64 hexadecimal digits.');
});

test.each(['r23.11-tf-2.14.0-eigen', TAG, 'r24.02.1-tf-2.15.0-onednn-acl_threadpool', 'r24.07-tf-2.16.1-onednn-acl_threadpool'])('%s is a pinned tag', (tag) => {
  expect(bound(() => ({ tag })).environment.GTF_IMAGE).toBe(`armswdev/tensorflow-arm-neoverse:${tag}`);
});

test.each(['latest', '', 'r23.05-tf-2.12.0-onednn-acl', '2.15.1', 'r24.03-tf-2.15.1', 'r24.03-torch-2.2.0-onednn-acl', `${TAG} `, `${TAG}@${DIGEST}`])('%j is none, or too old', (tag) => {
  expect(messageOf(() => TensorFlowRuntime.dockerHub({ tag }))).toBe(
    `dockerHub tag: got "${tag}"; allowed is a tag "r<yy>.<mm>-tf-<version>-<backend>" of TensorFlow 2.14 or later, such as "r24.03-tf-2.15.1-onednn-acl".`,
  );
});

test('a tag may be known at deployment only', () => {
  expect(bound((stack) => ({ tag: new CfnParameter(stack, 'Tag', { default: TAG }).valueAsString })).environment.GTF_IMAGE).toBe(`armswdev/tensorflow-arm-neoverse:${TAG}`);
});

describe('the warning', () => {
  test('cites Arm', () => {
    expect(warningsOf(bound(() => ({ tag: TAG })).stack)).toEqual([
      `The image armswdev/tensorflow-arm-neoverse:${TAG} is for evaluation: Arm says of its builds that they "may contain features currently in active development" and "are intended only for evaluation purposes" `
      + '(https://github.com/ARM-software/Tool-Solutions/tree/tensorflow-pytorch-aarch64--r24.03/docker/tensorflow-aarch64). '
      + 'Alternatives: TensorFlowRuntime.wheel(), wheelFile(). [ack: graviton-tensorflow:TensorFlowRuntime.evaluationOnly]',
    ]);
  });

  test('can be acknowledged', () => {
    const { stack } = bound((of) => {
      Annotations.of(of).acknowledgeWarning('graviton-tensorflow:TensorFlowRuntime.evaluationOnly', 'we evaluate it');
      return { tag: TAG };
    });

    expect(warningsOf(stack)).toEqual([]);
  });
});
