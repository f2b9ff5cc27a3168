/** What every report has: each kind of runbook adds its own. */
export interface AnyReport {
  readonly schemaVersion: 1;
  /** 0 all is well, 1 it found something, 2 it could not tell. */
  readonly exitCode: number;
}

/** What became of one instance, machine or file. */
export interface Result<Report extends AnyReport = AnyReport> {
  /** The instance's id, or what else was looked at. */
  readonly subject: string;
  /** The report and its text as it was written; missing where there is none. */
  readonly report?: Report;
  readonly text?: string;
  /** Why there is no report: one sentence with the fix. */
  readonly reason?: string;
  /** What the reader of the report should know beside it. */
  readonly notes?: readonly string[];
}

export type Reported<Report extends AnyReport = AnyReport> = Result<Report> & { readonly report: Report };

export interface Gathered<Report extends AnyReport = AnyReport> {
  readonly results: ReadonlyArray<Result<Report>>;
  /** Set when it was interrupted: what was done about what had been started. */
  readonly interrupted?: string;
}

/** 1 any finding, else 2 anything that could not be told, else 0. */
export function exitCode(results: readonly Result[]): number {
  const codes = results.map(({ report }) => report?.exitCode ?? 2);
  return codes.includes(1) ? 1 : codes.includes(2) || !codes.length ? 2 : 0;
}
