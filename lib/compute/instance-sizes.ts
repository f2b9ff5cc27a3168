/** Sizes of c7g, smallest first. @internal */
export const C7G_SIZES = ['medium', 'large', 'xlarge', '2xlarge', '4xlarge', '8xlarge', '12xlarge', '16xlarge'];

/** Sizes of c8g, smallest first. @internal */
export const C8G_SIZES = [...C7G_SIZES, '24xlarge', '48xlarge'];

/** Bare metal sizes that do not name their size. `c7g.metal` and the like are the family's largest. */
const METAL: Record<string, number> = {
  a1: 16, c5: 96, c5d: 96, c5n: 72, c6a: 192, c6i: 128, c6id: 128, c6in: 128, c6g: 64, c6gd: 64, c7g: 64, c7gd: 64, c7gn: 64,
  g4dn: 96, g5g: 64, i3: 72, i3en: 96, i4i: 128, m5: 96, m5d: 96, m5dn: 96, m5n: 96, m5zn: 48, m6a: 192, m6g: 64, m6gd: 64,
  m6i: 128, m6id: 128, m6idn: 128, m6in: 128, m7g: 64, m7gd: 64, r5: 96, r5b: 96, r5d: 96, r5dn: 96, r5n: 96, r6a: 192,
  r6g: 64, r6gd: 64, r6i: 128, r6id: 128, r6idn: 128, r6in: 128, r7g: 64, r7gd: 64, x2gd: 64, x2idn: 128, x2iedn: 128,
  x2iezn: 48, z1d: 48, mac1: 12, mac2: 8, 'mac2-m1ultra': 20, 'mac2-m2': 8, 'mac2-m2pro': 12, 'mac-m3ultra': 28, 'mac-m4': 10,
  'mac-m4max': 16, 'mac-m4pro': 14,
};

/** Types that do not have four vCPUs for each `x`: hyper-threading is off, or the host's last cores are not sold. */
const VCPUS_OF_TYPE: Record<string, number> = {
  'c1.medium': 2, 'c1.xlarge': 8, 'm2.xlarge': 2, 'm2.2xlarge': 4, 'm2.4xlarge': 8, 'c4.8xlarge': 36, 'd2.8xlarge': 36,
  'hpc6a.48xlarge': 96, 'hpc6id.32xlarge': 64, 'hpc7a.12xlarge': 24, 'hpc7a.24xlarge': 48, 'hpc7a.48xlarge': 96,
  'hpc7a.96xlarge': 192, 'hpc8a.96xlarge': 192,
};

/**
 * vCPUs of an instance type, or `undefined` where this library does not know them.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/cpu-options-supported-instances-values.html
 * @internal
 */
export function vCpusOfSize(family: string, size: string): number | undefined {
  const exception = VCPUS_OF_TYPE[`${family}.${size}`];
  if (exception !== undefined) {
    return exception;
  }
  const multiple = /^(?:metal-)?(\d+)xl(?:arge)?$/.exec(size);
  if (multiple) {
    return 4 * Number(multiple[1]);
  }
  const burstable = /^t\d/.test(family);
  switch (size) {
    case 'nano':
    case 'micro':
    case 'small':
      return burstable && family !== 't1' && family !== 't2' ? 2 : 1;
    case 'medium':
      return burstable ? 2 : 1;
    case 'large':
      return 2;
    case 'xlarge':
      return 4;
    case 'metal':
      return Object.hasOwn(METAL, family) ? METAL[family] : undefined;
    default:
      return undefined;
  }
}
