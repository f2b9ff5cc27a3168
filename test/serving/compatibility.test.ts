import { CfnParameter, Stack } from 'aws-cdk-lib';
import { GravitonMachineImage, TensorFlowRuntime } from '../../lib';
import { newApp } from '../support/feature-flags';
import { stackWithServer } from '../support/servers';

const IMAGES = {
  'al2': GravitonMachineImage.amazonLinux2(), 'al2023': GravitonMachineImage.amazonLinux2023(), 'al2023-6.12': GravitonMachineImage.amazonLinux2023Kernel612(),
  'ecs-al2023': GravitonMachineImage.ecsOptimizedAmazonLinux2023(), 'ubuntu22.04': GravitonMachineImage.ubuntu2204(), 'ubuntu24.04': GravitonMachineImage.ubuntu2404(),
  'own': GravitonMachineImage.fromId('ami-0123456789abcdef0', { kernel: '5.10' }),
} as const;

/** Why not, or undefined. */
function refused(version: string, image: GravitonMachineImage): string | undefined {
  try {
    TensorFlowRuntime.wheel({ version }).checkMachineImage(image);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

test.each(['2.14.1', '2.15.1', '2.16.1', '2.19.0', '2.20.0', '2.21.0', '2.100.3'])('TensorFlow %s runs on every image that has a Python for it', (version) => {
  const old = /^2\.1[45]/.test(version);

  expect(Object.entries(IMAGES).filter(([, image]) => refused(version, image) === undefined).map(([name]) => name))
    .toEqual(['al2023', 'al2023-6.12', 'ecs-al2023', 'ubuntu22.04', ...(old ? [] : ['ubuntu24.04']), 'own']);
});

test('the error names the release, the image, and what is allowed', () => {
  expect(refused('2.14.1', IMAGES['ubuntu24.04'])).toBe(
    'runtime: got TensorFlow 2.14.1 on Ubuntu 24.04, which has Python 3.12 and glibc 2.39; '
    + 'allowed is a machine image with Python 3.10 to 3.11 and glibc 2.17 or later, such as Amazon Linux 2023 or Ubuntu 22.04, or on this one TensorFlow 2.16 or later.',
  );
  expect(refused('2.21.0', IMAGES.al2)).toBe(
    'runtime: got TensorFlow 2.21.0 on Amazon Linux 2, which has Python 3.7, Python 3.8 and glibc 2.26; '
    + 'allowed is a machine image with Python 3.10 to 3.13 and glibc 2.27 or later, such as Amazon Linux 2023 or Ubuntu 22.04 or Ubuntu 24.04.',
  );
});

test('an image that was pinned, or follows the newest, is still of its kind', () => {
  expect(refused('2.14.1', IMAGES['ubuntu24.04'].pinned('ami-0123456789abcdef0'))).toMatch(/on Ubuntu 24\.04/);
  expect(refused('2.14.1', IMAGES['ubuntu24.04'].followLatest())).toMatch(/on Ubuntu 24\.04/);
});

test('a server asks its runtime about its image', () => {
  expect(() => stackWithServer({ runtime: TensorFlowRuntime.wheel({ version: '2.15.1' }), machineImage: IMAGES['ubuntu24.04'] })).toThrow(/^runtime: got TensorFlow 2\.15\.1 on Ubuntu 24\.04/);
  expect(() => stackWithServer({ machineImage: IMAGES['ubuntu24.04'] })).not.toThrow();
});

test('a version that is known at deployment only is left to the boot', () => {
  const version = new CfnParameter(new Stack(newApp(), 'Stack'), 'Version').valueAsString;

  expect(refused(version, IMAGES.al2)).toBeUndefined();
});
