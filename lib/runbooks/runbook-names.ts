/**
 * The tag by which a server's instances, and the runbooks for them, tell their stack. The command line's
 * `--stack` looks for it, and the permission to run a runbook asks for it.
 *
 * @internal
 */
export const STACK_TAG = 'graviton-tensorflow:stack';

/** A document's tag that tells which runbook it is. @internal */
export const RUNBOOK_TAG = 'graviton-tensorflow:runbook';

/** A document's tag that names the bucket for full reports and logs. @internal */
export const RESULTS_TAG = 'graviton-tensorflow:results';

/** What the runbook's tag says of each. @internal */
export const TROUBLESHOOT = 'troubleshoot';
/** @internal */
export const OPTIMIZE = 'optimize';
/** @internal */
export const RIGHT_SIZE = 'right-size';
/** @internal */
export const MLPERF = 'mlperf';

/** A runbook's word. @internal */
export type RunbookName = typeof TROUBLESHOOT | typeof OPTIMIZE | typeof RIGHT_SIZE | typeof MLPERF;

/**
 * Where in the results bucket the agent puts what a runbook's steps print: below the runbook's word, so that
 * the right to read one runbook's results is not the right to read another's.
 *
 * @internal
 */
export function resultsPrefix(runbook: RunbookName): string {
  return runbook;
}
