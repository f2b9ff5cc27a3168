import type { BootFinding } from './boot-log';

/** What `graviton-tf why --json` prints. */
export interface BootReport {
  readonly schemaVersion: 1;
  readonly stack: string;
  readonly region?: string;
  /** `ready`: the server answers. `failed`: the boot, or the deployment before it, failed. */
  readonly outcome: 'ready' | 'failed';
  /** ISO 8601 time of the signal or log event this rests on. */
  readonly at?: string;
  readonly instance?: string;
  /** Phase of the boot that failed. */
  readonly phase?: string;
  readonly cause?: string;
  /** Wall time of the boot, and of each phase, in seconds. Phases can overlap. */
  readonly seconds?: number;
  readonly phases?: Readonly<Record<string, number>>;
  /** What the checks found once the server had started; undefined where they have not run. */
  readonly findings?: readonly BootFinding[];
  /** Last lines of the boot's log, oldest first. */
  readonly log: readonly string[];
  readonly logGroup?: string;
  readonly logStream?: string;
  /** Why there are no log lines. */
  readonly logMissing?: string;
  readonly deployment: {
    readonly status: string;
    readonly failedResource?: { readonly logicalId: string; readonly type: string; readonly reason: string };
  };
  /** What to do next. */
  readonly next: string;
}
