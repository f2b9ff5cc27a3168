import { Annotations, CfnParameter, Stack } from 'aws-cdk-lib';
import { GravitonMachineImage } from '../../lib';
import { KERNEL_FLOOR } from '../../lib/compute/kernel';
import { newApp } from '../support/feature-flags';
import { serverTemplate } from '../support/servers';
import { withTypicalValues } from '../support/typical-values';
import { warningsOf } from '../support/warnings';

const AMI = 'ami-0123456789abcdef0';
const AMAZON = '/aws/service/ami-amazon-linux-latest';
const CANONICAL = '/aws/service/canonical/ubuntu/server';

function imageIdOf(image: GravitonMachineImage, stack = new Stack(newApp(), 'Stack')): unknown {
  return stack.resolve(image.machineImage.getImage(stack).imageId);
}

function launchTemplateData(image?: GravitonMachineImage): any {
  const template = serverTemplate({ machineImage: image });
  const [launchTemplate] = Object.values(template.findResources('AWS::EC2::LaunchTemplate'));
  return { data: launchTemplate.Properties.LaunchTemplateData, parameters: template.findParameters('*') };
}

describe('each image is a public parameter that EC2 resolves at launch', () => {
  test.each<[keyof typeof GravitonMachineImage & string, string, string, string]>([
    ['amazonLinux2023', `${AMAZON}/al2023-ami-kernel-6.1-arm64`, '6.1', '/dev/xvda'],
    ['amazonLinux2023Kernel612', `${AMAZON}/al2023-ami-kernel-6.12-arm64`, '6.12', '/dev/xvda'],
    ['amazonLinux2', `${AMAZON}/amzn2-ami-kernel-5.10-hvm-arm64-gp2`, '5.10', '/dev/xvda'],
    ['ubuntu2204', `${CANONICAL}/22.04/stable/current/arm64/hvm/ebs-gp2/ami-id`, '5.15', '/dev/sda1'],
    ['ubuntu2404', `${CANONICAL}/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id`, '6.8', '/dev/sda1'],
    ['ecsOptimizedAmazonLinux2023', '/aws/service/ecs/optimized-ami/amazon-linux-2023/arm64/recommended/image_id', '6.1', '/dev/xvda'],
  ])('%s', (factory, parameter, kernel, rootDevice) => {
    const image = (GravitonMachineImage[factory] as () => GravitonMachineImage)();

    expect(imageIdOf(image)).toBe(`resolve:ssm:${parameter}`);
    expect(image).toMatchObject({ kernel, rootDevice });
  });

  test('by default, so that the template is the same text in every region and after every new AMI', () => {
    const { data, parameters } = launchTemplateData();

    expect(data.ImageId).toBe(`resolve:ssm:${AMAZON}/al2023-ami-kernel-6.1-arm64`);
    expect(Object.keys(parameters)).toEqual(['BootstrapVersion']);
  });

  test('and its root volume is the one that is encrypted and sized', () => {
    expect(launchTemplateData(GravitonMachineImage.ubuntu2404()).data.BlockDeviceMappings).toMatchObject([{ DeviceName: '/dev/sda1', Ebs: { Encrypted: true, VolumeSize: 30 } }]);
  });
});

describe('the kernel', () => {
  test.each(['5.4', '4.14', '5.9', '3.100', '5.09'])('%s is below the floor', (kernel) => {
    const message = `with kernel ${kernel}; allowed is kernel 5.10 or later, which TensorFlow on Graviton needs for its performance.`;

    expect(() => GravitonMachineImage.fromId(AMI, { kernel })).toThrow(new Error(`machineImage: got image ${AMI} ${message}`));
    expect(() => GravitonMachineImage.fromSsmParameter('/our/image', { kernel })).toThrow(new Error(`machineImage: got image of /our/image ${message}`));
  });

  test.each(['5.10', '5.15', '5.100', '6.1', '6.12', '10.0', '5.10.230-223.885.amzn2.aarch64'])('%s is not', (kernel) => {
    expect(GravitonMachineImage.fromId(AMI, { kernel }).kernel).toBe(kernel);
  });

  test.each(['', 'latest', '6', 'v6.1'])('%j is no kernel', (kernel) => {
    expect(() => GravitonMachineImage.fromId(AMI, { kernel })).toThrow(new Error(`kernel: got "${kernel}"; allowed is a version such as "6.1" or "5.15".`));
  });

  test('floor is the one that bootstrap.sh is given', () => {
    const { data } = launchTemplateData();

    expect(JSON.stringify(data.UserData)).toContain(`export GTF_KERNEL_FLOOR='${KERNEL_FLOOR}'`);
    expect(KERNEL_FLOOR).toBe('5.10');
  });

  test('is a tag of the instance, for policies to check', () => {
    const { data } = launchTemplateData(GravitonMachineImage.amazonLinux2023Kernel612());

    expect(data.TagSpecifications[0]).toMatchObject({ ResourceType: 'instance', Tags: expect.arrayContaining([{ Key: 'graviton-tensorflow:kernel', Value: '6.12' }]) });
  });
});

describe('an image of one\'s own', () => {
  test('by id', () => {
    const image = GravitonMachineImage.fromId(AMI, { kernel: '5.15', rootDevice: '/dev/sda1' });

    expect(imageIdOf(image)).toBe(AMI);
    expect(image.rootDevice).toBe('/dev/sda1');
  });

  test('by SSM parameter, resolved at launch as well', () => {
    const image = GravitonMachineImage.fromSsmParameter('/our/images/graviton_1.2', { kernel: '6.1' });

    expect(imageIdOf(image)).toBe('resolve:ssm:/our/images/graviton_1.2');
    expect(image.rootDevice).toBe('/dev/xvda');
  });

  test.each(['ami-', 'ami-XYZ', 'i-0123456789abcdef0', '', 'ami-0123456789abcdef0 '])('%j is no id', (id) => {
    const message = `machineImage: got the image id "${id}"; allowed is an AMI id such as "ami-0123456789abcdef0".`;

    expect(() => GravitonMachineImage.fromId(id, { kernel: '6.1' })).toThrow(new Error(message));
    expect(() => GravitonMachineImage.amazonLinux2023().pinned(id)).toThrow(new Error(message));
  });

  test.each(['our/image', '', '/our image', '/our\'image'])('%j is no parameter name', (name) => {
    expect(() => GravitonMachineImage.fromSsmParameter(name, { kernel: '6.1' })).toThrow(
      new Error(`machineImage: got the SSM parameter "${name}"; allowed is a full name that begins with "/".`),
    );
  });

  test('may be known at deployment only', () => {
    const stack = new Stack(newApp(), 'Stack');
    const id = new CfnParameter(stack, 'Image').valueAsString;

    expect(imageIdOf(GravitonMachineImage.fromId(id, { kernel: '6.1' }), stack)).toEqual({ Ref: 'Image' });
    expect(imageIdOf(GravitonMachineImage.fromSsmParameter(id, { kernel: '6.1' }), stack)).toEqual({ 'Fn::Join': ['', ['resolve:ssm:', { Ref: 'Image' }]] });
  });
});

describe('explicit choices', () => {
  test('pinned() fixes one AMI and keeps what is known of the image', () => {
    const image = GravitonMachineImage.ubuntu2404().pinned(AMI);

    expect(imageIdOf(image)).toBe(AMI);
    expect(image).toMatchObject({ kernel: '6.8', rootDevice: '/dev/sda1' });
    expect(launchTemplateData(image).data.ImageId).toBe(AMI);
  });

  test('followLatest() is looked up again at every deployment', () => {
    const template = serverTemplate({ machineImage: GravitonMachineImage.amazonLinux2023().followLatest() });
    const [{ Properties: { LaunchTemplateData: { ImageId } } }] = Object.values(template.findResources('AWS::EC2::LaunchTemplate'));

    expect(template.findParameters(ImageId.Ref)[ImageId.Ref]).toMatchObject({
      Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>', Default: `${AMAZON}/al2023-ami-kernel-6.1-arm64`,
    });
    expect(withTypicalValues(template, ImageId)).toMatch(/^ami-/);
  });

  test('followLatest() of an image of one\'s own by parameter keeps its kernel and root device', () => {
    const image = GravitonMachineImage.fromSsmParameter('/our/image', { kernel: '5.15', rootDevice: '/dev/sda1' }).followLatest();

    expect(image).toMatchObject({ kernel: '5.15', rootDevice: '/dev/sda1' });
  });

  test('followLatest() of what is fixed is refused', () => {
    const message = (name: string) => new Error(`machineImage: got followLatest() on ${name}, which is fixed; allowed is an image by SSM parameter.`);

    expect(() => GravitonMachineImage.fromId(AMI, { kernel: '6.1' }).followLatest()).toThrow(message(`image ${AMI}`));
    expect(() => GravitonMachineImage.ubuntu2204().pinned(AMI).followLatest()).toThrow(message('Ubuntu 22.04'));
  });
});

describe('Amazon Linux 2', () => {
  const WARNING = 'Amazon Linux 2 is past its end of life (2026-06-30) and gets no security updates. Use GravitonMachineImage.amazonLinux2023(). [ack: graviton-tensorflow:GravitonMachineImage.endOfLife]';

  function boundAt(now: string, image = GravitonMachineImage.amazonLinux2()): Stack {
    jest.useFakeTimers({ now: new Date(now), doNotFake: ['nextTick', 'setImmediate', 'setTimeout', 'setInterval', 'queueMicrotask'] });
    const stack = new Stack(newApp(), 'Stack');
    image.bind(stack);
    return stack;
  }

  afterEach(() => jest.useRealTimers());

  test('warns once it is past its end of life', () => {
    expect(warningsOf(boundAt('2026-06-30T12:00:00Z'))).toEqual([]);
    expect(warningsOf(boundAt('2026-07-01T00:00:01Z'))).toEqual([WARNING]);
    expect(warningsOf(boundAt('2026-07-01T00:00:01Z', GravitonMachineImage.amazonLinux2().pinned(AMI)))).toEqual([WARNING]);
  });

  test('whose warning can be acknowledged', () => {
    const stack = boundAt('2027-01-01T00:00:00Z');

    Annotations.of(stack).acknowledgeWarning('graviton-tensorflow:GravitonMachineImage.endOfLife');

    expect(warningsOf(stack)).toEqual([]);
  });

  test('is the only one that warns', () => {
    expect(warningsOf(boundAt('2027-01-01T00:00:00Z', GravitonMachineImage.amazonLinux2023()))).toEqual([]);
    expect(warningsOf(boundAt('2027-01-01T00:00:00Z', GravitonMachineImage.ubuntu2204()))).toEqual([]);
  });
});
