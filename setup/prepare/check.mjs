/** Node's own names for what TensorFlow publishes wheels for. */
const architectures = ['x64', 'arm64'];
export const minimumNode = 20;

/** One sentence on why this machine cannot run the project, or undefined. */
export function unsupported(platform, architecture, nodeVersion) {
  if (platform !== 'linux') {
    return 'graviton-tensorflow runs its tests and its rehearsal on Linux, and this is ' + platform
      + ': use a Linux machine, a virtual machine or a container (x86-64 or arm64).';
  }
  if (architectures.indexOf(architecture) < 0) {
    return 'graviton-tensorflow needs x86-64 or arm64, because TensorFlow publishes wheels for no other Linux; this is '
      + architecture + '.';
  }
  if (Number(nodeVersion.split('.')[0]) < minimumNode) {
    return 'graviton-tensorflow needs Node ' + minimumNode + ' or later, and this is ' + nodeVersion
      + ': install a later one from https://nodejs.org.';
  }
  return undefined;
}
