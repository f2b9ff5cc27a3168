import * as path from 'node:path';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { PackageIndexOptions } from './package-index';
import { checkObjectKey, grantReadObjects } from './read-objects';
import { Runbook } from './runbook';
import { MLPERF } from './runbook-names';
import { packageRoot } from '../package-root';

/**
 * Where in S3 ImageNet's validation images are, with a `val_map.txt` of lines such as
 * `ILSVRC2012_val_00000001.JPEG 65`.
 */
export interface MlperfImages {
  /** The bucket. */
  readonly bucket: s3.IBucket;

  /** The key of a tar of them; or, with a slash at its end, the prefix of the keys of the files themselves. */
  readonly objectKey: string;
}

/**
 * Properties of the MLPerf runbook.
 */
export interface MlperfRunbookProps extends PackageIndexOptions {
  /**
   * Where the git repositories mlcommons/inference, pybind/pybind11 and, for BERT, NVIDIA/DeepLearningExamples
   * are: the URL before these names. What is checked out is one commit of them, whose hash is known; who runs
   * the runbook can choose neither.
   *
   * @default 'https://github.com'
   */
  readonly sources?: string;

  /**
   * What ResNet50 is measured with. `grantReadImages()` lets the servers read it.
   *
   * @default - synthetic images, which can tell of performance alone
   */
  readonly images?: MlperfImages;
}

/**
 * The runbook that measures an instance by MLPerf inference v2.0's own harness: ResNet50 or BERT,
 * SingleStream and Offline, by the guide's procedure with everything pinned. `graviton-tf benchmark
 * --workload` finds it by its tags, runs it and reads the result.
 *
 * It needs Python 3.9 or 3.10 on the instance, leave to install a compiler, and the machine for itself for
 * ten minutes and more a scenario; the agent must be 3.3.2746.0 or later.
 *
 * @see https://github.com/aws/aws-graviton-getting-started/blob/main/machinelearning/tensorflow.md#evaluate-performance-with-the-standard-mlperf-inference-benchmarks
 */
export class MlperfRunbook extends Runbook {
  private readonly images?: MlperfImages;

  /**
   * @throws when the retention is not whole days, or given for a bucket of yours; when the images' key cannot be
   * one that the instance passes on
   */
  constructor(scope: Construct, id: string, props?: MlperfRunbookProps) {
    const { images, sources, pipIndexUrl = '', ...options } = props ?? {};
    checkObjectKey('images.objectKey', images?.objectKey);
    super(scope, id, {
      ...options,
      name: MLPERF,
      folder: path.join(packageRoot(), 'runbooks', 'mlperf'),
      // All of these become programs that run as root.
      fixed: ['Sources', 'Commit', 'Python', 'PipIndexUrl'],
      defaults: { PipIndexUrl: pipIndexUrl, ...(sources === undefined ? {} : { Sources: sources }) },
      deployedDefaults: images && { Images: images.bucket.s3UrlForObject(images.objectKey) },
    });
    this.images = images;
  }

  /**
   * Lets instances read the images, and no other object of their bucket.
   *
   * @throws when the runbook has no images in S3
   */
  public grantReadImages(grantee: iam.IGrantable): iam.Grant {
    if (this.images === undefined) {
      throw new Error('images: got none, which are synthetic ones; allowed is a grant on those in S3.');
    }
    return grantReadObjects(grantee, this.images, 'The images are many objects below their prefix');
  }
}
