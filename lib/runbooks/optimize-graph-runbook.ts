import * as path from 'node:path';
import type { Construct } from 'constructs';
import type { PackageIndexOptions } from './package-index';
import { Runbook } from './runbook';
import { OPTIMIZE } from './runbook-names';
import { packageRoot } from '../package-root';

/**
 * The runbook that optimizes the graph of the served model by Grappler, measures both, and publishes the
 * result as the model's next version when it answers the same and is not slower. `graviton-tf optimize`
 * finds it by its tags, runs it and reads the report. A published version is also put into the results
 * bucket, so that it outlives the instance.
 *
 * It needs Python 3.10 or later on the instance, or leave to install it; the agent must be 3.3.2746.0 or later.
 *
 * @see https://github.com/aws/aws-graviton-getting-started/blob/main/machinelearning/tensorflow.md#grappler-optimizations
 */
export class OptimizeGraphRunbook extends Runbook {
  /**
   * @throws when the retention is not whole days, or given for a bucket of yours; when the URL is none
   */
  constructor(scope: Construct, id: string, props?: PackageIndexOptions) {
    const { pipIndexUrl = '', ...options } = props ?? {};
    super(scope, id, {
      ...options,
      defaults: { PipIndexUrl: pipIndexUrl },
      fixed: ['PipIndexUrl'],
      name: OPTIMIZE,
      folder: path.join(packageRoot(), 'runbooks', 'optimize'),
      resultsBucketParameter: 'ResultsBucket',
    });
  }
}
