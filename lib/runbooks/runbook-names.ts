/**
 * The tag by which a server's instances, and the runbooks for them, tell their stack. The command line's
 * `--stack` looks for it, and the permission to run a runbook asks for it.
 *
 * @internal
 */
export const STACK_TAG = 'graviton-tensorflow:stack';

/**
 * The tag by which instances that build tell the stack of the runbooks for them: a build takes the whole machine,
 * so a server must not have it.
 *
 * @internal
 */
export const BUILD_TAG = 'graviton-tensorflow:build';

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

/** @internal */
export const BUILD_WHEEL = 'build-wheel';
/** @internal */
export const BUILD_JAVA = 'build-java';

/** The word of a runbook for servers, which a server's stack brings along. @internal */
export type ServerRunbookName = typeof TROUBLESHOOT | typeof OPTIMIZE | typeof RIGHT_SIZE | typeof MLPERF;

/** A runbook's word. @internal */
export type RunbookName = ServerRunbookName | typeof BUILD_WHEEL | typeof BUILD_JAVA;

/**
 * Where in the results bucket the agent puts what a runbook's steps print: below the runbook's word, so that
 * the right to read one runbook's results is not the right to read another's.
 *
 * @internal
 */
export function resultsPrefix(runbook: RunbookName): string {
  return runbook;
}
