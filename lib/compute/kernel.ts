/**
 * The oldest Linux kernel this library deploys on.
 *
 * The one place of this rule: images are checked against it at synth, and user data exports it for
 * the boot's own check of `uname -r`.
 *
 * @see https://github.com/aws/aws-graviton-getting-started/blob/main/machinelearning/tensorflow.md#prerequisites
 * @internal
 */
export const KERNEL_FLOOR = '5.10';

/**
 * Whether a kernel version such as `6.1` or `5.10.230-223.885` is at or above the floor.
 *
 * @internal
 */
export function isKernelSupported(kernel: string): boolean {
  const [major, minor] = kernelParts(kernel);
  const [floorMajor, floorMinor] = kernelParts(KERNEL_FLOOR);
  return major > floorMajor || (major === floorMajor && minor >= floorMinor);
}

function kernelParts(kernel: string): [number, number] {
  const match = /^(\d+)\.(\d+)/.exec(kernel);
  if (!match) {
    throw new Error(`kernel: got "${kernel}"; allowed is a version such as "6.1" or "5.15".`);
  }
  return [Number(match[1]), Number(match[2])];
}
