import type { RunbookOptions } from './runbook';

/**
 * Properties of a runbook that installs Python packages.
 */
export interface PackageIndexOptions extends RunbookOptions {
  /**
   * Where pip installs from: the URL of a mirror of PyPI. Who runs the runbook cannot choose another, since
   * what it serves is run as root.
   *
   * @default - pip's own setting on the instance, which is PyPI unless it was changed
   */
  readonly pipIndexUrl?: string;
}
