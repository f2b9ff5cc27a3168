import { Token } from 'aws-cdk-lib';
import { serverPython, type TensorFlowNeeds } from './compatibility';

/** What a wheel's file name tells. @internal */
export interface WheelFileName {
  readonly version: string;
  readonly needs: TensorFlowNeeds;
}

const EXAMPLE = 'wheels/tensorflow-2.16.1-cp311-cp311-linux_aarch64.whl';

/**
 * Reads the file name of a TensorFlow wheel.
 *
 * @param key of the object in S3, known at synth
 * @throws one sentence where it is no wheel that Graviton can run behind the model server
 * @see https://packaging.python.org/en/latest/specifications/binary-distribution-format/#file-name-convention
 * @internal
 */
export function readWheelFileName(key: string): WheelFileName {
  const [, version, minor, platform] = /^(?:[^*?$\n]*\/)?tensorflow[a-z0-9_]*-(2\.\d+\.\d+)[^-/*?$\n]*(?:-\d[^-/*?$\n]*)?-cp3(\d{1,2})-\w+-([\w.]+)\.whl$/.exec(key) ?? [];
  if (version === undefined) {
    throw new Error(`wheelFile key: got "${key}"; allowed is a TensorFlow wheel under its own file name, without "*", "?" and "$", such as "${EXAMPLE}".`);
  }
  if (!platform.split('.').every((tag) => tag.endsWith('_aarch64'))) {
    throw new Error(`wheelFile key: got "${key}", which is built for ${platform}; allowed is a wheel for aarch64, such as "${EXAMPLE}".`);
  }
  if (Number(minor) < serverPython()) {
    throw new Error(`wheelFile key: got "${key}", which is built for Python 3.${minor}; allowed is a wheel for Python 3.${serverPython()} or later, on which the model server runs.`);
  }
  return {
    version,
    needs: { name: `the wheel of TensorFlow ${version} for Python 3.${minor}`, pythons: [Number(minor), Number(minor)], glibc: glibcOf(platform), wheelFile: true },
  };
}

/** The oldest glibc 2 that a platform tag promises; 0 where none does (`linux_aarch64`), which only the import can tell. */
function glibcOf(platform: string): number {
  const promised = [...platform.replace('manylinux2014_', 'manylinux_2_17_').matchAll(/manylinux_2_(\d+)_/g)].map(([, minor]) => Number(minor));
  return promised.length > 0 ? Math.min(...promised) : 0;
}

/**
 * The TensorFlow version of a wheel file: its name's, which one that was given may only repeat.
 *
 * @throws where neither tells it, or both do and differ
 * @internal
 */
export function versionOfWheelFile(name: WheelFileName | undefined, given: string | undefined): string {
  if (name === undefined && given === undefined) {
    throw new Error('wheelFile version: got nothing with a key that is known at deployment only; allowed is the TensorFlow version of the wheel, such as "2.16.1".');
  }
  if (name !== undefined && given !== undefined && !Token.isUnresolved(given) && given !== name.version) {
    throw new Error(`wheelFile version: got "${given}" with a wheel of "${name.version}"; allowed is what the file name says, or nothing.`);
  }
  return given ?? name!.version;
}

/** @internal */
export function checkWheelFileSha256(sha256: string | undefined): void {
  if (sha256 !== undefined && !Token.isUnresolved(sha256) && !/^[0-9a-f]{64}$/.test(sha256)) {
    throw new Error(`wheelFile sha256: got "${sha256}"; allowed are 64 hexadecimal digits in small letters, as sha256sum prints them.`);
  }
}
