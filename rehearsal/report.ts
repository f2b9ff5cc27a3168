import type { Check as Finding } from '../cli/diagnose/report';
import type { Check } from './container';
import type { FoundFault } from './faults';
import type { Prediction } from './prediction';

/** What `graviton-tf rehearse --json` prints. */
export interface RehearsalReport {
  readonly schemaVersion: 1;
  readonly outcome: 'passed' | 'failed' | 'interrupted';
  readonly seconds: number;
  readonly steps: ReadonlyArray<{ readonly title: string; readonly seconds: number; readonly result?: string }>;
  readonly failure?: Failure;
  readonly aws?: { readonly endpoint: string; readonly region: string; readonly account: string };
  readonly server?: ServerReport;
  readonly diagnosis?: DiagnosisReport;
  readonly tuning?: TuningReport;
  readonly container?: ContainerReport;
  readonly ran: readonly string[];
  readonly swapped: ReadonlyArray<{ readonly onAnInstance: string; readonly here: string }>;
  /** With `--keep`: what goes on, and how it is ended. */
  readonly kept?: { readonly folder: string; readonly stop: string; readonly environment: Readonly<Record<string, string>> };
}

export interface ServerReport extends BootTimes {
  readonly stack: string;
  readonly resource: string;
  readonly instance: string;
  readonly signals: ReadonlyArray<{ readonly status: string; readonly instance: string; readonly phase?: string }>;
  /** Where the model is served: `:predict` is appended to it. */
  readonly endpoint: string;
  readonly prediction?: Prediction;
  readonly servingEnvironment: Readonly<Record<string, string>>;
  /** Directives of the units that an ordinary user cannot have. */
  readonly withoutEffect: readonly string[];
}

/** The server as it was booted, before any fault. */
export interface DiagnosisReport {
  readonly rows: Readonly<Record<'pass' | 'warn' | 'fail' | 'skip' | 'unknown', number>>;
  readonly backend: string;
  readonly primitives: number;
  /** What this machine or the model brings along; of the demo none that a fault will be known by. */
  readonly findings: readonly Finding[];
  readonly faults: readonly FoundFault[];
}

/** What the optimization and the benchmark made of the model that is served. */
export interface TuningReport {
  readonly optimization?: {
    readonly version: number;
    readonly nodes: readonly [before: number, after: number];
    /** Median of the interleaved pairs' ratios. */
    readonly speedup: number;
    readonly maxAbsolute: number;
    /** Asked while it went on, all of them answered. */
    readonly requests: number;
    readonly slowestMilliseconds: number;
    /** The new version's, to the question that was asked before. */
    readonly answer: string;
  };
  readonly benchmark?: { readonly p90Milliseconds: number; readonly throughput: number };
}

export interface ContainerReport extends BootTimes {
  readonly stack: string;
  readonly instance: string;
  readonly image: string;
  readonly dockerRun: readonly string[];
  readonly checks: readonly Check[];
}

export interface BootTimes {
  readonly bootSeconds?: number;
  readonly phases?: Readonly<Record<string, number>>;
}

export interface Failure {
  readonly step: string;
  /** Phase of the boot, when it was the boot that failed. */
  readonly phase?: string;
  readonly cause: string;
  /** It is this machine that lacks something. */
  readonly prerequisite?: true;
  readonly log: readonly string[];
}
