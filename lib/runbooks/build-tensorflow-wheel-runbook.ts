import * as path from 'node:path';
import { Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { BuildRunbook, type BuildRunbookOptions } from './build-runbook';
import { BUILD_WHEEL } from './runbook-names';
import { packageRoot } from '../package-root';

/**
 * Properties of the runbook that builds a wheel. Who runs it can choose none of these: what is downloaded is run as root.
 */
export interface BuildTensorFlowWheelRunbookProps extends BuildRunbookOptions {
  /**
   * Where the git repository tensorflow/tensorflow is: the URL before this name. What is checked out is a commit of
   * it, whose hash is known.
   *
   * @default 'https://github.com'
   */
  readonly sources?: string;

  /**
   * Below which URL bazel's releases are, as VERSION/bazel-VERSION-linux-arm64: https://, http://, s3:// or file://.
   * Their checksums are known.
   *
   * @default 'https://github.com/bazelbuild/bazel/releases/download'
   */
  readonly bazelReleases?: string;

  /**
   * Below which URL LLVM's releases are, as llvmorg-VERSION/clang+llvm-VERSION-aarch64-linux-gnu.tar.xz: https://,
   * http://, s3:// or file://. Their checksums are known.
   *
   * @default 'https://github.com/llvm/llvm-project/releases/download'
   */
  readonly llvmReleases?: string;

  /**
   * A mirror of what bazel itself downloads, such as oneDNN and the Arm Compute Library: with https://mirror/path,
   * https://HOST/PATH is fetched from https://mirror/path/HOST/PATH. TensorFlow's sources hold the checksums.
   *
   * @default - none
   * @see https://bazel.build/reference/command-line-reference#flag--experimental_downloader_config
   */
  readonly bazelDownloads?: string;

  /**
   * Commits of releases that this library does not know, or knows without one: 40 hexadecimal digits by release, such
   * as `{ '2.19.1': '…' }`.
   *
   * @default - those of runbooks/build-wheel/releases.txt
   */
  readonly commits?: { [release: string]: string };

  /**
   * Checksums of versions of bazel that this library does not know: SHA-256 of bazel-VERSION-linux-arm64, 64
   * hexadecimal digits by version.
   *
   * @default - those of runbooks/build-wheel/toolchains.txt
   */
  readonly bazelSha256?: { [version: string]: string };

  /**
   * Checksums of versions of LLVM that this library does not know: SHA-256 of
   * clang+llvm-VERSION-aarch64-linux-gnu.tar.xz, 64 hexadecimal digits by version.
   *
   * @default - those of runbooks/build-wheel/toolchains.txt
   */
  readonly llvmSha256?: { [version: string]: string };
}

/**
 * The runbook that builds TensorFlow from its sources by the guide's procedure on a Graviton instance: with oneDNN and
 * the Arm Compute Library, by clang of the version that the release names or by gcc 10 or later. The wheel is tested
 * there, and, if it passes, put into the artifacts bucket with libtensorflow_cc.so, the headers and a record of how it
 * came about. `graviton-tf build wheel` finds it by its tags, runs it and reads the report;
 * `TensorFlowRuntime.wheelFile()` serves what it has built.
 *
 * It needs 14 GiB of free memory and 60 GiB of free disk, such as a c7g.4xlarge with a volume of 100 GB has, and the
 * machine for itself for hours; the agent must be 3.3.2746.0 or later.
 *
 * @see https://github.com/aws/aws-graviton-getting-started/blob/main/machinelearning/tensorflow.md#building-tensorflow-from-sources
 */
export class BuildTensorFlowWheelRunbook extends BuildRunbook {
  /**
   * @throws when the retention is not whole days, or given for a bucket of yours; when a URL is none; when a release,
   * version, commit or checksum is none
   */
  constructor(scope: Construct, id: string, props?: BuildTensorFlowWheelRunbookProps) {
    const { sources, bazelReleases, llvmReleases, bazelDownloads, commits, bazelSha256, llvmSha256, ...options } = props ?? {};
    const fixed = {
      Sources: sources,
      BazelReleases: bazelReleases,
      LlvmReleases: llvmReleases,
      BazelDownloads: bazelDownloads,
      Commits: commits && words('commits', commits, 40),
      BazelSha256: bazelSha256 && words('bazelSha256', bazelSha256, 64),
      LlvmSha256: llvmSha256 && words('llvmSha256', llvmSha256, 64),
    };
    super(scope, id, {
      ...options,
      name: BUILD_WHEEL,
      folder: path.join(packageRoot(), 'runbooks', 'build-wheel'),
      fixed: Object.keys(fixed),
      defaults: Object.fromEntries(Object.entries(fixed).filter((entry): entry is [string, string] => entry[1] !== undefined)),
    });
  }
}

/** KEY=VALUE with spaces between, as the document's parameters take them. */
function words(property: string, values: { [version: string]: string }, digits: number): string {
  for (const [version, value] of Object.entries(values)) {
    if (!/^\d+\.\d+\.\d+$/.test(version)) {
      throw new Error(`${property}: got the key "${version}"; allowed are versions such as "2.19.1".`);
    }
    if (!Token.isUnresolved(value) && !new RegExp(`^[0-9a-f]{${digits}}$`).test(value)) {
      throw new Error(`${property}["${version}"]: got "${value}"; allowed are ${digits} hexadecimal digits in small letters.`);
    }
  }
  return Object.entries(values).map(([version, value]) => `${version}=${value}`).join(' ');
}
