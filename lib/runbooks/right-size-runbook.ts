import * as path from 'node:path';
import type { Construct } from 'constructs';
import type { PackageIndexOptions } from './package-index';
import { Runbook } from './runbook';
import { RIGHT_SIZE } from './runbook-names';
import { packageRoot } from '../package-root';

/**
 * The runbook that measures the served model by MLPerf's load generator, or searches for the numbers of
 * processes and threads and the batching that serve it best on this instance type, and applies them when
 * asked to. `graviton-tf benchmark` finds it by its tags, runs it and reads the report.
 *
 * It needs Python 3.10 or later on the instance, or leave to install it; the agent must be 3.3.2746.0 or later.
 *
 * @see https://docs.mlcommons.org/inference/
 */
export class RightSizeRunbook extends Runbook {
  /**
   * @throws when the retention is not whole days, or given for a bucket of yours; when the URL is none
   */
  constructor(scope: Construct, id: string, props?: PackageIndexOptions) {
    const { pipIndexUrl = '', ...options } = props ?? {};
    super(scope, id, {
      ...options,
      defaults: { PipIndexUrl: pipIndexUrl },
      fixed: ['PipIndexUrl'],
      name: RIGHT_SIZE,
      folder: path.join(packageRoot(), 'runbooks', 'right-size'),
    });
  }
}
