import * as path from 'node:path';
import type { Construct } from 'constructs';
import { Runbook, type RunbookOptions } from './runbook';
import { TROUBLESHOOT } from './runbook-names';
import { troubleshootDefaults } from './troubleshoot-defaults';
import { packageRoot } from '../package-root';

/**
 * The troubleshooting runbook: a Command document that tells why a TensorFlow server on Graviton is
 * slow, and the line to change. `graviton-tf diagnose` finds it by its tags, runs it and reads the report.
 *
 * It works on any Graviton Linux instance that Systems Manager manages; the agent must be 3.3.2746.0 or later.
 *
 * @see https://github.com/aws/aws-graviton-getting-started/blob/main/machinelearning/tensorflow.md#troubleshooting-performance-issues
 */
export class TroubleshootRunbook extends Runbook {
  /**
   * @throws when the retention is not whole days, or given for a bucket of yours
   */
  constructor(scope: Construct, id: string, props?: RunbookOptions) {
    super(scope, id, {
      ...props,
      name: TROUBLESHOOT,
      folder: path.join(packageRoot(), 'runbooks', 'troubleshoot'),
      defaults: troubleshootDefaults(),
    });
  }
}
