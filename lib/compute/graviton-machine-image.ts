import { Annotations, Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { isKernelSupported, KERNEL_FLOOR } from './kernel';
import { isPast } from '../end-of-support';

/**
 * What is known of an image that this library does not know itself.
 */
export interface CustomMachineImageOptions {
  /** The Linux kernel that the image boots, such as `5.15` or `6.1`. Must be 5.10 or later. */
  readonly kernel: string;

  /**
   * Device name of the root volume.
   *
   * @default '/dev/xvda' (Amazon Linux; Ubuntu has '/dev/sda1')
   */
  readonly rootDevice?: string;
}

interface MachineImageTraits {
  readonly name: string;
  readonly kernel: string;
  readonly rootDevice: string;
  readonly endOfLife?: string;
  readonly distribution?: string;
}

const AL2023: Omit<MachineImageTraits, 'name' | 'kernel'> = { rootDevice: '/dev/xvda', distribution: 'amzn-2023' };
const UBUNTU: Omit<MachineImageTraits, 'name' | 'kernel'> = { rootDevice: '/dev/sda1' };

/**
 * An arm64 machine image whose kernel is known.
 *
 * By default an image is a public SSM parameter that EC2 resolves when it launches the instance
 * (`resolve:ssm:…` in the launch template): the template's text is constant and the same in every
 * account and region, and a new AMI from AWS replaces nothing until an instance is launched for
 * another reason. `pinned()` and `followLatest()` choose otherwise.
 *
 * @see https://docs.aws.amazon.com/autoscaling/ec2/userguide/using-systems-manager-parameters.html
 */
export class GravitonMachineImage {
  /** Amazon Linux 2023 with kernel 6.1: the default. */
  public static amazonLinux2023(): GravitonMachineImage {
    return GravitonMachineImage.parameter('/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-6.1-arm64', {
      name: 'Amazon Linux 2023', kernel: '6.1', ...AL2023,
    });
  }

  /** Amazon Linux 2023 with kernel 6.12. */
  public static amazonLinux2023Kernel612(): GravitonMachineImage {
    return GravitonMachineImage.parameter('/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-6.12-arm64', {
      name: 'Amazon Linux 2023', kernel: '6.12', ...AL2023,
    });
  }

  /** Amazon Linux 2 with kernel 5.10. Past its end of life (2026-06-30): warns. */
  public static amazonLinux2(): GravitonMachineImage {
    return GravitonMachineImage.parameter('/aws/service/ami-amazon-linux-latest/amzn2-ami-kernel-5.10-hvm-arm64-gp2', {
      name: 'Amazon Linux 2', kernel: '5.10', endOfLife: '2026-06-30', ...AL2023, distribution: 'amzn-2',
    });
  }

  /** Ubuntu 22.04 LTS (kernel 5.15 or later, Canonical's AWS kernel). */
  public static ubuntu2204(): GravitonMachineImage {
    return GravitonMachineImage.parameter('/aws/service/canonical/ubuntu/server/22.04/stable/current/arm64/hvm/ebs-gp2/ami-id', {
      name: 'Ubuntu 22.04', kernel: '5.15', ...UBUNTU, distribution: 'ubuntu-22.04',
    });
  }

  /** Ubuntu 24.04 LTS (kernel 6.8 or later, Canonical's AWS kernel). */
  public static ubuntu2404(): GravitonMachineImage {
    return GravitonMachineImage.parameter('/aws/service/canonical/ubuntu/server/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id', {
      name: 'Ubuntu 24.04', kernel: '6.8', ...UBUNTU, distribution: 'ubuntu-24.04',
    });
  }

  /** The ECS-optimized Amazon Linux 2023, which has Docker already (kernel 6.1). */
  public static ecsOptimizedAmazonLinux2023(): GravitonMachineImage {
    return GravitonMachineImage.parameter('/aws/service/ecs/optimized-ami/amazon-linux-2023/arm64/recommended/image_id', {
      name: 'ECS-optimized Amazon Linux 2023', kernel: '6.1', ...AL2023,
    });
  }

  /**
   * Any arm64 image by its id, with its kernel declared.
   *
   * @param imageId such as `ami-0123456789abcdef0`; ids differ by region
   * @throws when the declared kernel is below 5.10 or the id is not one
   */
  public static fromId(imageId: string, options: CustomMachineImageOptions): GravitonMachineImage {
    return new GravitonMachineImage(customTraits(`image ${imageId}`, options), byId(imageId));
  }

  /**
   * Any arm64 image by an SSM parameter that holds its id, with its kernel declared.
   *
   * @param parameterName such as `/my-company/images/graviton`
   * @throws when the declared kernel is below 5.10 or the name does not begin with a slash
   */
  public static fromSsmParameter(parameterName: string, options: CustomMachineImageOptions): GravitonMachineImage {
    if (!Token.isUnresolved(parameterName) && !/^\/[\w./-]+$/.test(parameterName)) {
      throw new Error(`machineImage: got the SSM parameter "${parameterName}"; allowed is a full name that begins with "/".`);
    }
    return GravitonMachineImage.parameter(parameterName, customTraits(`image of ${parameterName}`, options));
  }

  private static parameter(name: string, traits: MachineImageTraits): GravitonMachineImage {
    return new GravitonMachineImage(traits, ec2.MachineImage.resolveSsmParameterAtLaunch(name), name);
  }

  /** The image as the EC2 constructs take it. */
  public readonly machineImage: ec2.IMachineImage;

  /** The kernel that the image boots, such as `6.1`. */
  public readonly kernel: string;

  /** Device name of the root volume. */
  public readonly rootDevice: string;

  /**
   * The distribution by `ID` and `VERSION_ID` of its `/etc/os-release`, such as `amzn-2023` or `ubuntu-24.04`, by
   * which a runtime knows what the image offers.
   *
   * @default - undefined for an image by id or parameter of yours: the boot checks that one
   */
  public readonly distribution?: string;

  private constructor(private readonly traits: MachineImageTraits, machineImage: ec2.IMachineImage, private readonly parameterName?: string) {
    if (!isKernelSupported(traits.kernel)) {
      throw new Error(
        `machineImage: got ${traits.name} with kernel ${traits.kernel}; allowed is kernel ${KERNEL_FLOOR} or later, which TensorFlow on Graviton needs for its performance.`,
      );
    }
    this.machineImage = machineImage;
    this.kernel = traits.kernel;
    this.rootDevice = traits.rootDevice;
    this.distribution = traits.distribution;
  }

  /**
   * The same kind of image, fixed to one AMI: nothing changes until you change the id.
   *
   * @param imageId such as `ami-0123456789abcdef0`; ids differ by region
   */
  public pinned(imageId: string): GravitonMachineImage {
    return new GravitonMachineImage(this.traits, byId(imageId));
  }

  /**
   * The same kind of image, looked up again at every deployment: when AWS has published a new AMI,
   * the next deployment rolls the instance.
   *
   * @throws when this image is an id and so has nothing newer to follow
   */
  public followLatest(): GravitonMachineImage {
    if (this.parameterName === undefined) {
      throw new Error(`machineImage: got followLatest() on ${this.traits.name}, which is fixed; allowed is an image by SSM parameter.`);
    }
    return new GravitonMachineImage(this.traits, ec2.MachineImage.fromSsmParameter(this.parameterName), this.parameterName);
  }

  /**
   * Called by the construct that launches this image; adds the advice that applies to it.
   */
  public bind(scope: Construct): void {
    const { name, endOfLife } = this.traits;
    if (endOfLife !== undefined && isPast(endOfLife)) {
      Annotations.of(scope).addWarningV2(
        'graviton-tensorflow:GravitonMachineImage.endOfLife',
        `${name} is past its end of life (${endOfLife}) and gets no security updates. Use GravitonMachineImage.amazonLinux2023().`,
      );
    }
  }
}

function customTraits(name: string, options: CustomMachineImageOptions): MachineImageTraits {
  return { name, kernel: options.kernel, rootDevice: options.rootDevice ?? '/dev/xvda' };
}

function byId(imageId: string): ec2.IMachineImage {
  if (!Token.isUnresolved(imageId) && !/^ami-[0-9a-f]{8,17}$/.test(imageId)) {
    throw new Error(`machineImage: got the image id "${imageId}"; allowed is an AMI id such as "ami-0123456789abcdef0".`);
  }
  return { getImage: () => ({ imageId, osType: ec2.OperatingSystemType.LINUX, userData: ec2.UserData.forLinux() }) };
}
