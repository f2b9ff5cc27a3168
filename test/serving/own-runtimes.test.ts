import { CfnParameter, Stack, type StackProps } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ecr from 'aws-cdk-lib/aws-ecr';
import * as iam from 'aws-cdk-lib/aws-iam';
import { TensorFlowRuntime } from '../../lib';
import { describeWithFlags, newApp } from '../support/feature-flags';
import { rightsOf, sorted, type Right } from '../support/role-statements';
import { withTypicalValues } from '../support/typical-values';

/** What a repository in the stack gets from CloudFormation. */
const CREATED = { 'Repository22E53BBD': 'new-tf', 'Repository22E53BBD.Arn': 'arn:aws:ecr:us-west-2:111122223333:repository/new-tf' };

/** What an instance would be told, and allowed. */
function bound(make: (stack: Stack) => TensorFlowRuntime, app = newApp(), props: StackProps = {}) {
  const stack = new Stack(app, 'Stack', props);
  const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') });
  const { environment, container } = make(stack).bind(stack, role);
  const resolved = stack.resolve(environment);
  const template = Template.fromStack(stack);
  return { container, environment: withTypicalValues(template, resolved, CREATED), rights: rightsOf(template, '', CREATED) };
}

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

function pullRights(repositoryArn: string): Right[] {
  return sorted([
    ['ecr:BatchCheckLayerAvailability', repositoryArn], ['ecr:BatchGetImage', repositoryArn], ['ecr:GetDownloadUrlForLayer', repositoryArn],
    ['ecr:GetAuthorizationToken', '*'],
  ]);
}

describe('an image of a registry without login', () => {
  test.each([
    'registry.example.com/tf-serving:2.16.1', 'registry.example.com:5000/team/tf-serving:latest', `tensorflow/serving@${DIGEST}`,
    `registry.example.com/tf:2.16.1@${DIGEST}`, 'public.ecr.aws/deep-learning-containers/tensorflow-inference-arm64:2.19.0-cpu-py312-ubuntu22.04-sagemaker',
  ])('%s: nothing is granted', (uri) => {
    const { environment, container, rights } = bound(() => TensorFlowRuntime.fromRegistry(uri));

    expect(environment).toEqual({
      GTF_RUNTIME: 'container', GTF_IMAGE: uri, GTF_ECR_REGISTRY: '', GTF_ENTRYPOINT: '', GTF_COMMAND: '/usr/bin/tf_serving_entrypoint.sh',
    });
    expect(container).toBe(true);
    expect(rights).toEqual([]);
  });

  test('may be started by another script', () => {
    expect(bound(() => TensorFlowRuntime.fromRegistry('our/tf:1', { command: '/serve.sh' })).environment.GTF_COMMAND).toBe('/serve.sh');
  });

  test.each(['', 'tensorflow/serving', 'registry.example.com:5000/tf-serving', 'tf serving:1', '--privileged:1', '-it:latest', `tf@${DIGEST}0`, 'tf@sha256:12', 'tf:', 'tf:-rm', 'tf:1\'; true'])('%j is no reference', (uri) => {
    expect(() => TensorFlowRuntime.fromRegistry(uri)).toThrow(
      new Error(`runtime: got the image "${uri}"; allowed is a reference with a tag or a digest, such as "registry.example.com/tf-serving:2.16.1".`),
    );
  });

  test('may be known at deployment only', () => {
    expect(bound((stack) => TensorFlowRuntime.fromRegistry(new CfnParameter(stack, 'Image', { default: 'our/tf:1' }).valueAsString)).environment.GTF_IMAGE).toBe('our/tf:1');
  });
});

describeWithFlags('an image of an ECR repository', (makeApp) => {
  const env = { account: '111122223333', region: 'us-west-2' };
  const repositories: [string, (stack: Stack) => ecr.IRepository, registry: string, name: string, arn: string][] = [
    [
      'of the same stack',
      (stack) => new ecr.Repository(stack, 'Repository'), '111122223333.dkr.ecr.us-west-2.amazonaws.com', 'new-tf',
      'arn:aws:ecr:us-west-2:111122223333:repository/new-tf',
    ],
    [
      'by name',
      (stack) => ecr.Repository.fromRepositoryName(stack, 'Repository', 'team/tf'), '111122223333.dkr.ecr.us-west-2.amazonaws.com', 'team/tf',
      'arn:aws:ecr:us-west-2:111122223333:repository/team/tf',
    ],
    [
      'by ARN, in another account and region',
      (stack) => ecr.Repository.fromRepositoryArn(stack, 'Repository', 'arn:aws:ecr:eu-west-1:444455556666:repository/tf'), '444455556666.dkr.ecr.eu-west-1.amazonaws.com', 'tf',
      'arn:aws:ecr:eu-west-1:444455556666:repository/tf',
    ],
  ];

  describe.each(repositories)('%s', (_, repository, registry, name, arn) => {
    test.each<[string, StackProps]>([['in an environment-agnostic stack', {}], ['in a stack with account and region', { env }]])('%s', (_where, props) => {
      const { environment, container, rights } = bound((stack) => TensorFlowRuntime.fromEcrRepository(repository(stack), '2.16.1'), makeApp(), props);

      expect(environment.GTF_ECR_REGISTRY).toBe(registry);
      expect(environment.GTF_IMAGE).toBe(`${registry}/${name}:2.16.1`);
      expect(environment).toMatchObject({ GTF_RUNTIME: 'container', GTF_ENTRYPOINT: '', GTF_COMMAND: '/usr/bin/tf_serving_entrypoint.sh' });
      expect(container).toBe(true);
      expect(rights).toEqual(pullRights(arn));
    });
  });

  test('by digest, started by another script', () => {
    const { environment } = bound((stack) => TensorFlowRuntime.fromEcrRepository(ecr.Repository.fromRepositoryName(stack, 'R', 'tf'), DIGEST, { command: '/serve.sh' }), makeApp());

    expect(environment).toMatchObject({ GTF_IMAGE: `111122223333.dkr.ecr.us-west-2.amazonaws.com/tf@${DIGEST}`, GTF_COMMAND: '/serve.sh' });
  });

  test.each(['', 'a b', '-rm', '1\'', '2.16.1:1'])('%j is neither tag nor digest', (tag) => {
    expect(() => bound((stack) => TensorFlowRuntime.fromEcrRepository(ecr.Repository.fromRepositoryName(stack, 'R', 'tf'), tag), makeApp()))
      .toThrow(new Error(`tagOrDigest: got "${tag}"; allowed is a tag such as "2.16.1", or "sha256:" and 64 hexadecimal digits.`));
  });

  test('a broken digest is an error', () => {
    expect(() => bound((stack) => TensorFlowRuntime.fromEcrRepository(ecr.Repository.fromRepositoryName(stack, 'R', 'tf'), 'sha256:12'), makeApp()))
      .toThrow(new Error('digest: got "sha256:12"; allowed is "sha256:" and 64 hexadecimal digits.'));
  });
});

describe('a wheel', () => {
  test.each([[undefined, '2.20.0'], ['2.14.1', '2.14.1'], ['2.16.0', '2.16.0'], ['2.21.0', '2.21.0'], ['2.100.3', '2.100.3']])('version %s: nothing is granted', (version, used) => {
    const { environment, container, rights } = bound(() => TensorFlowRuntime.wheel({ version }));

    expect(environment).toEqual({ GTF_RUNTIME: 'wheel', GTF_TENSORFLOW_VERSION: used, GTF_WHEEL_BUCKET: '', GTF_WHEEL_KEY: '', GTF_WHEEL_SHA256: '' });
    expect(container).toBe(false);
    expect(rights).toEqual([]);
  });

  test.each(['2.14.0', '2.9.3', '1.15.5', '3.0.0', '2.20', 'latest', '', '2.20.0rc1', '>=2.20.0', '2.20.0 '])('version %j is refused', (version) => {
    expect(() => TensorFlowRuntime.wheel({ version })).toThrow(
      new Error(`wheel version: got "${version}"; allowed is a TensorFlow release from 2.14.1 on, such as "2.20.0".`),
    );
  });

  test('version may be known at deployment only', () => {
    expect(bound((stack) => TensorFlowRuntime.wheel({ version: new CfnParameter(stack, 'Version', { default: '2.21.0' }).valueAsString })).environment.GTF_TENSORFLOW_VERSION).toBe('2.21.0');
  });
});
