import { Annotations, Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { C7G_SIZES, C8G_SIZES, vCpusOfSize } from './instance-sizes';

/** Families named otherwise than by their generation, and the Graviton they run on. */
const GENERATION_OF_FAMILY: Record<string, number> = { a1: 1, t4g: 2, x2g: 2, x2gd: 2, i4g: 2, im4gn: 2, is4gen: 2, g5g: 2 };

/**
 * An EC2 instance type that is known to run on AWS Graviton.
 *
 * Graviton3 and later (`c7g`, `c7gn`, `c7gd`, `m7g`, `r7g`, `hpc7g`, `c8g`, …) have BF16 matrix
 * instructions; Graviton2 (`c6g`, `m6g`, `t4g`, …) passes with a warning that it has none.
 *
 * @see https://github.com/aws/aws-graviton-getting-started#graviton-based-instances
 */
export class GravitonInstanceType {
  /**
   * An instance type by its name.
   *
   * @param identifier such as `c7g.xlarge`
   * @throws when the type is not Graviton, naming the Graviton type with the same number of vCPUs
   */
  public static of(identifier: string): GravitonInstanceType {
    return new GravitonInstanceType(new ec2.InstanceType(identifier));
  }

  /**
   * An instance type that is already an `ec2.InstanceType`.
   *
   * @throws when the type is not Graviton, naming the Graviton type with the same number of vCPUs
   */
  public static fromInstanceType(instanceType: ec2.InstanceType): GravitonInstanceType {
    return new GravitonInstanceType(instanceType);
  }

  /** The instance type as the EC2 constructs take it. */
  public readonly instanceType: ec2.InstanceType;

  /** The Graviton generation, 1 to 5; `undefined` for a type that is only known at deployment. */
  public readonly generation?: number;

  /** The number of vCPUs; `undefined` where it is not known at synth. */
  public readonly vCpus?: number;

  private constructor(instanceType: ec2.InstanceType) {
    this.instanceType = instanceType;
    const identifier = instanceType.toString();
    if (Token.isUnresolved(identifier)) {
      return;
    }
    const parts = /^([a-z][a-z0-9-]*)\.([a-z0-9-]+)$/.exec(identifier);
    if (!parts) {
      throw new Error(`instanceType: got "${identifier}"; allowed is a Graviton type such as "c7g.xlarge".`);
    }
    const [, family, size] = parts;
    this.vCpus = vCpusOfSize(family, size);
    this.generation = generationOf(family);
    if (this.generation === undefined) {
      throw new Error(`instanceType: got "${identifier}", which is not Graviton; allowed are Graviton types, ${alternative(this.vCpus)}.`);
    }
  }

  /** Whether the CPU has BF16 instructions (Graviton3 and later); `undefined` where not known at synth. */
  public get hasBf16(): boolean | undefined {
    return this.generation === undefined ? undefined : this.generation >= 3;
  }

  /**
   * Called by the construct that launches this type; adds the advice that applies to it.
   */
  public bind(scope: Construct): void {
    if (this.hasBf16 === false) {
      Annotations.of(scope).addWarningV2(
        'graviton-tensorflow:GravitonInstanceType.noBf16',
        `${this.instanceType} is Graviton${this.generation}, which has no BF16 instructions: oneDNN's fast math stays off. For BF16 use c7g, m7g, r7g or later.`,
      );
    }
  }
}

/** The Graviton generation of an instance family, or `undefined` when it is not on Graviton. */
function generationOf(family: string): number | undefined {
  if (Object.hasOwn(GENERATION_OF_FAMILY, family)) {
    return GENERATION_OF_FAMILY[family];
  }
  // c6g, m7gd, hpc7g, r8gn: the digit is the generation plus four, and `g` stands right behind it.
  const match = /^[a-z]+(\d+)g[a-z]*$/.exec(family);
  const digit = match ? Number(match[1]) : 0;
  return digit >= 6 ? digit - 4 : undefined;
}

/** What to use instead: the same vCPUs in c7g, else in c8g, else the largest. */
function alternative(vCpus: number | undefined): string {
  for (const [family, sizes] of [['c7g', C7G_SIZES], ['c8g', C8G_SIZES]] as const) {
    const size = sizes.find((candidate) => vCpusOfSize(family, candidate) === vCpus);
    if (size) {
      return `such as "${family}.${size}" with the same vCPUs`;
    }
  }
  return `up to "c8g.${C8G_SIZES[C8G_SIZES.length - 1]}", the largest`;
}
