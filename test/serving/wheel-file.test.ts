import { CfnParameter, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { GravitonMachineImage, TensorFlowRuntime, type WheelFileOptions } from '../../lib';
import { newApp } from '../support/feature-flags';
import { rightsOf } from '../support/role-statements';
import { messageOf } from '../support/thrown';
import { withTypicalValues } from '../support/typical-values';

const KEY = 'wheels/tensorflow-2.16.1-cp311-cp311-linux_aarch64.whl';
const SHA256 = '0123456789abcdef'.repeat(4);

const bucketIn = (stack: Stack): s3.IBucket => s3.Bucket.fromBucketName(stack, 'Wheels', 'our-wheels');

function made(key: string, options?: WheelFileOptions): TensorFlowRuntime {
  return TensorFlowRuntime.wheelFile(bucketIn(new Stack(newApp(), 'Stack')), key, options);
}

function bound(make: (stack: Stack) => TensorFlowRuntime) {
  const stack = new Stack(newApp(), 'Stack');
  const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') });
  const { environment, container } = make(stack).bind(stack, role);
  const resolved = stack.resolve(environment);
  const template = Template.fromStack(stack);
  return { container, template, environment: withTypicalValues(template, resolved), rights: rightsOf(template, '') };
}

test('the instance may read the one object, and knows what its name says', () => {
  const { container, environment, rights } = bound((stack) => TensorFlowRuntime.wheelFile(bucketIn(stack), KEY, { sha256: SHA256 }));

  expect(environment).toEqual({
    GTF_RUNTIME: 'wheel', GTF_TENSORFLOW_VERSION: '2.16.1', GTF_WHEEL_BUCKET: 'our-wheels', GTF_WHEEL_KEY: KEY, GTF_WHEEL_SHA256: SHA256,
  });
  expect(container).toBe(false);
  expect(rights).toEqual([['s3:GetObject', `arn:aws:s3:::our-wheels/${KEY}`]]);
});

test('it may decrypt what the bucket\'s key encrypts', () => {
  const { template } = bound((stack) => TensorFlowRuntime.wheelFile(new s3.Bucket(stack, 'Wheels', { encryptionKey: new kms.Key(stack, 'Key') }), KEY));

  template.hasResourceProperties('AWS::IAM::Policy', { PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: 'kms:Decrypt' })]) } });
});

test.each([
  ['tensorflow-2.16.1-cp312-cp312-manylinux_2_17_aarch64.manylinux2014_aarch64.whl', '2.16.1'],
  ['a/b/tensorflow_cpu_aws-2.15.1-cp310-cp310-linux_aarch64.whl', '2.15.1'],
  ['a b/tensorflow-2.20.0.dev0+selfbuilt-cp311-cp311-linux_aarch64.whl', '2.20.0'],
  ['tensorflow_cpu-2.21.0-1ours-cp311-cp311-linux_aarch64.whl', '2.21.0'],
])('%s', (key, version) => {
  expect(bound((stack) => TensorFlowRuntime.wheelFile(bucketIn(stack), key)).environment).toMatchObject({ GTF_TENSORFLOW_VERSION: version, GTF_WHEEL_KEY: key, GTF_WHEEL_SHA256: '' });
});

test.each([
  '', 'tensorflow.whl', 'wheels/', 'numpy-2.16.1-cp311-cp311-linux_aarch64.whl', 'tensorflow-2.16.1-py3-none-any.whl', 'tensorflow-2.16.1-cp311-cp311-linux_aarch64.zip',
  '*/tensorflow-2.16.1-cp311-cp311-linux_aarch64.whl', 'tensorflow-2.16.*-cp311-cp311-linux_aarch64.whl', 'tensorflow-1.15.5-cp37-cp37m-linux_aarch64.whl',
])('%j is no wheel of TensorFlow 2', (key) => {
  expect(messageOf(() => made(key))).toBe(
    `wheelFile key: got "${key}"; allowed is a TensorFlow wheel under its own file name, without "*", "?" and "$", such as "wheels/tensorflow-2.16.1-cp311-cp311-linux_aarch64.whl".`,
  );
});

test('a wheel for another architecture is refused', () => {
  expect(messageOf(() => made('tensorflow-2.16.1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl'))).toMatch(
    /^wheelFile key: got .*, which is built for manylinux_2_17_x86_64\.manylinux2014_x86_64; allowed is a wheel for aarch64, such as /,
  );
});

test('a wheel for a Python that is too old for the model server is refused', () => {
  expect(messageOf(() => made('tensorflow-2.16.1-cp39-cp39-linux_aarch64.whl'))).toBe(
    'wheelFile key: got "tensorflow-2.16.1-cp39-cp39-linux_aarch64.whl", which is built for Python 3.9; allowed is a wheel for Python 3.10 or later, on which the model server runs.',
  );
});

test.each<[string, WheelFileOptions, string]>([
  [KEY, { version: '2.17.0' }, 'wheelFile version: got "2.17.0" with a wheel of "2.16.1"; allowed is what the file name says, or nothing.'],
  [KEY, { sha256: 'abc' }, 'wheelFile sha256: got "abc"; allowed are 64 hexadecimal digits in small letters, as sha256sum prints them.'],
  ['tensorflow-2.13.0-cp311-cp311-linux_aarch64.whl', {}, 'wheelFile version: got "2.13.0"; allowed is a TensorFlow release from 2.14.1 on, such as "2.20.0".'],
])('%s with %j', (key, options, message) => {
  expect(messageOf(() => made(key, options))).toBe(message);
});

describe('a key that is known at deployment only', () => {
  const parameter = (stack: Stack) => new CfnParameter(stack, 'Key', { default: KEY }).valueAsString;

  test('needs the version', () => {
    expect(messageOf(() => bound((stack) => TensorFlowRuntime.wheelFile(bucketIn(stack), parameter(stack)))))
      .toBe('wheelFile version: got nothing with a key that is known at deployment only; allowed is the TensorFlow version of the wheel, such as "2.16.1".');
  });

  test('is left to the boot', () => {
    const { environment } = bound((stack) => TensorFlowRuntime.wheelFile(bucketIn(stack), parameter(stack), { version: '2.16.1' }));

    expect(environment).toMatchObject({ GTF_WHEEL_KEY: KEY, GTF_TENSORFLOW_VERSION: '2.16.1' });
  });
});

describe('on a machine image', () => {
  test.each<[string, GravitonMachineImage]>([
    ['tensorflow-2.16.1-cp311-cp311-linux_aarch64.whl', GravitonMachineImage.amazonLinux2023()],
    ['tensorflow-2.21.0-cp312-cp312-manylinux_2_39_aarch64.whl', GravitonMachineImage.ubuntu2404()],
    ['tensorflow-2.21.0-cp313-cp313-linux_aarch64.whl', GravitonMachineImage.fromId('ami-0123456789abcdef0', { kernel: '6.1' })],
  ])('%s runs', (key, image) => {
    expect(() => { made(key).checkMachineImage(image); }).not.toThrow();
  });

  test.each<[string, GravitonMachineImage, string]>([
    [
      'tensorflow-2.16.1-cp313-cp313-linux_aarch64.whl', GravitonMachineImage.ubuntu2204(),
      'runtime: got the wheel of TensorFlow 2.16.1 for Python 3.13 on Ubuntu 22.04, which has Python 3.10 and glibc 2.35; '
      + 'allowed is a machine image with Python 3.13, or on this one a wheel for Python 3.10.',
    ],
    [
      'tensorflow-2.16.1-cp312-cp312-manylinux_2_38_aarch64.whl', GravitonMachineImage.amazonLinux2023(),
      'runtime: got the wheel of TensorFlow 2.16.1 for Python 3.12 on Amazon Linux 2023, which has Python 3.9, Python 3.11, Python 3.12 and glibc 2.34; '
      + 'allowed is a machine image with Python 3.12 and glibc 2.38 or later, such as Ubuntu 24.04, or on this one a wheel for Python 3.11 or 3.12.',
    ],
  ])('%s is refused', (key, image, message) => {
    expect(messageOf(() => { made(key).checkMachineImage(image); })).toBe(message);
  });
});
