import * as path from 'node:path';
import type { Construct } from 'constructs';
import { BuildRunbook, type BuildRunbookOptions } from './build-runbook';
import { BUILD_WHEEL } from './runbook-names';
import { packageRoot } from '../package-root';

/**
 * Properties of the runbook that builds a wheel.
 */
export interface BuildTensorFlowWheelRunbookProps extends BuildRunbookOptions {
  /**
   * Where the git repository tensorflow/tensorflow is: the URL before this name. What is checked out is one commit of
   * it, whose hash is known; who runs the runbook can choose neither.
   *
   * @default 'https://github.com'
   */
  readonly sources?: string;
}

/**
 * The runbook that builds TensorFlow from its sources by the guide's procedure, on a Graviton instance.
 */
export class BuildTensorFlowWheelRunbook extends BuildRunbook {
  constructor(scope: Construct, id: string, props?: BuildTensorFlowWheelRunbookProps) {
    const { sources, ...options } = props ?? {};
    super(scope, id, {
      ...options,
      name: BUILD_WHEEL,
      folder: path.join(packageRoot(), 'runbooks', 'build-wheel'),
      fixed: ['Sources'],
      defaults: { ...(sources === undefined ? {} : { Sources: sources }) },
    });
  }
}
