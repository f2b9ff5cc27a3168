import { Annotations, CfnParameter, Stack } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { GravitonInstanceType } from '../../lib';
import { ec2Types } from '../support/ec2-types';
import { newApp } from '../support/feature-flags';
import { messageOf } from '../support/thrown';
import { warningsOf } from '../support/warnings';

function isGraviton(name: string): boolean {
  try {
    GravitonInstanceType.of(name);
    return true;
  } catch {
    return false;
  }
}

function boundStack(type: GravitonInstanceType): Stack {
  const stack = new Stack(newApp(), 'Stack');
  type.bind(stack);
  return stack;
}

describe('Graviton3 and later pass', () => {
  test.each([
    ['c7g.xlarge', 3, 4], ['c7g.medium', 3, 1], ['c7gn.16xlarge', 3, 64], ['c7gd.metal', 3, 64], ['m7g.2xlarge', 3, 8], ['m7gd.large', 3, 2],
    ['r7g.12xlarge', 3, 48], ['hpc7g.4xlarge', 3, 16], ['c8g.48xlarge', 4, 192], ['c8gn.metal-24xl', 4, 96], ['m8g.metal-48xl', 4, 192],
    ['r8g.24xlarge', 4, 96], ['r8gd.large', 4, 2], ['x8g.large', 4, 2], ['i8g.4xlarge', 4, 16], ['i8ge.xlarge', 4, 4], ['m9g.xlarge', 5, 4],
  ])('%s: Graviton%i, %i vCPUs', (name, generation, vCpus) => {
    const type = GravitonInstanceType.of(name);

    expect(type.instanceType.toString()).toBe(name);
    expect(type).toMatchObject({ generation, vCpus, hasBf16: true });
    expect(warningsOf(boundStack(type))).toEqual([]);
  });
});

describe('earlier Gravitons pass with a warning', () => {
  test.each([
    ['c6g.xlarge', 2], ['c6gn.large', 2], ['m6g.xlarge', 2], ['m6gd.xlarge', 2], ['r6g.xlarge', 2], ['t4g.nano', 2], ['x2gd.metal', 2],
    ['i4g.large', 2], ['im4gn.xlarge', 2], ['is4gen.medium', 2], ['g5g.16xlarge', 2], ['a1.metal', 1],
  ])('%s: Graviton%i has no BF16', (name, generation) => {
    const type = GravitonInstanceType.of(name);

    expect(type).toMatchObject({ generation, hasBf16: false });
    expect(warningsOf(boundStack(type))).toEqual([
      `${name} is Graviton${generation}, which has no BF16 instructions: oneDNN's fast math stays off. For BF16 use c7g, m7g, r7g or later. [ack: graviton-tensorflow:GravitonInstanceType.noBf16]`,
    ]);
  });

  test('which can be acknowledged', () => {
    const stack = boundStack(GravitonInstanceType.of('c6g.xlarge'));

    Annotations.of(stack).acknowledgeWarning('graviton-tensorflow:GravitonInstanceType.noBf16');

    expect(warningsOf(stack)).toEqual([]);
  });
});

describe('other types are refused with the one to use instead', () => {
  test.each([
    ['c5.xlarge', 'c7g.xlarge'], ['t3.medium', 'c7g.large'], ['t2.micro', 'c7g.medium'], ['c5.large', 'c7g.large'], ['m5.16xlarge', 'c7g.16xlarge'],
    ['g4dn.2xlarge', 'c7g.2xlarge'], ['p3.8xlarge', 'c7g.8xlarge'], ['c5.24xlarge', 'c8g.24xlarge'], ['c7i.metal-48xl', 'c8g.48xlarge'],
    ['m5.metal', 'c8g.24xlarge'], ['c1.medium', 'c7g.large'], ['hpc7a.96xlarge', 'c8g.48xlarge'], ['mac2.metal', 'c7g.2xlarge'], ['p6-b200.48xlarge', 'c8g.48xlarge'],
  ])('%s → %s, with the same vCPUs', (name, instead) => {
    expect(() => GravitonInstanceType.of(name)).toThrow(
      new Error(`instanceType: got "${name}", which is not Graviton; allowed are Graviton types, such as "${instead}" with the same vCPUs.`),
    );
  });

  test.each(['c5.18xlarge', 'c4.8xlarge', 'u-6tb1.112xlarge', 'mac1.metal', 'x99.unheardof', 'constructor.metal'])('%s → the largest, as none has its vCPUs', (name) => {
    expect(() => GravitonInstanceType.of(name)).toThrow(
      new Error(`instanceType: got "${name}", which is not Graviton; allowed are Graviton types, up to "c8g.48xlarge", the largest.`),
    );
  });

  test.each(['c7g', 'c7g.', '.xlarge', 'C7g.xlarge', 'c7g xlarge', ''])('%j is no type at all', (name) => {
    expect(() => GravitonInstanceType.of(name)).toThrow(new Error(`instanceType: got "${name}"; allowed is a Graviton type such as "c7g.xlarge".`));
  });
});

test('an ec2.InstanceType is taken and judged as its name is', () => {
  const type = ec2.InstanceType.of(ec2.InstanceClass.C7G, ec2.InstanceSize.XLARGE2);

  expect(GravitonInstanceType.fromInstanceType(type).instanceType).toBe(type);
  expect(() => GravitonInstanceType.fromInstanceType(new ec2.InstanceType('c5.xlarge'))).toThrow('"c7g.xlarge" with the same vCPUs');
});

test('a type that is only known at deployment passes, and nothing is claimed of it', () => {
  const stack = new Stack(newApp(), 'Stack');
  const type = GravitonInstanceType.of(new CfnParameter(stack, 'Type').valueAsString);
  type.bind(stack);

  expect(stack.resolve(type.instanceType.toString())).toEqual({ Ref: 'Type' });
  expect([type.generation, type.vCpus, type.hasBf16]).toEqual([undefined, undefined, undefined]);
  expect(warningsOf(stack)).toEqual([]);
});

test('arm64 is what aws-cdk-lib says it is, for every class and size it knows', () => {
  const disagreed: string[] = [];
  let judged = 0;
  for (const instanceClass of Object.keys(ec2.InstanceClass)) {
    for (const size of Object.values(ec2.InstanceSize)) {
      const type = ec2.InstanceType.of(ec2.InstanceClass[instanceClass as keyof typeof ec2.InstanceClass], size);
      // Its parser refuses classes with a second number (u-6tb1, mac2-m2); none of them is Graviton.
      const malformed = !/^[a-z]+\d{1,2}[a-z-]*\./.test(type.toString());
      const arm64 = !malformed && type.architecture === ec2.InstanceArchitecture.ARM_64;
      judged += 1;
      if (isGraviton(type.toString()) !== arm64) {
        disagreed.push(type.toString());
      }
    }
  }

  expect(disagreed).toEqual([]);
  expect(judged).toBeGreaterThan(8000);
});

describe('what EC2 itself says', () => {
  const types = ec2Types();

  test('of the architecture', () => {
    expect(types.filter(({ name, arm64, apple }) => isGraviton(name) !== (arm64 && !apple)).map(({ name }) => name)).toEqual([]);
    expect(types.filter(({ arm64, apple }) => arm64 && !apple).length).toBeGreaterThan(300);
  });

  test('of the vCPUs of Graviton types', () => {
    const graviton = types.filter(({ name }) => isGraviton(name));

    expect(graviton.map(({ name }) => [name, GravitonInstanceType.of(name).vCpus])).toEqual(graviton.map(({ name, vCpus }) => [name, vCpus]));
  });

  test('of the vCPUs of the others, by what is named instead', () => {
    const vCpusOf = new Map(types.map(({ name, vCpus }) => [name, vCpus]));
    const sizes = new Set(types.filter(({ name }) => /^c[78]g\.(?!metal)/.test(name)).map(({ vCpus }) => vCpus));
    for (const { name, vCpus } of types.filter((type) => !isGraviton(type.name))) {
      const error = messageOf(() => GravitonInstanceType.of(name));
      const [, instead] = /"(\w+\.\w+)" with the same/.exec(error) ?? [];
      expect([name, instead && vCpusOf.get(instead)]).toEqual([name, sizes.has(vCpus) ? vCpus : undefined]);
    }
  });
});
