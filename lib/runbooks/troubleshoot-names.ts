/**
 * The tag by which a server's instances, and the runbook for them, tell their stack. `graviton-tf
 * diagnose --stack` looks for it, and the permission to run the runbook asks for it.
 *
 * @internal
 */
export const STACK_TAG = 'graviton-tensorflow:stack';

/** The document's tag that tells which runbook it is. @internal */
export const RUNBOOK_TAG = 'graviton-tensorflow:runbook';

/** What that tag says of the troubleshooting runbook. @internal */
export const TROUBLESHOOT = 'troubleshoot';

/** The document's tag that names the bucket for full reports and logs. @internal */
export const RESULTS_TAG = 'graviton-tensorflow:results';

/** Where in that bucket the agent puts what the steps print. @internal */
export const RESULTS_PREFIX = 'troubleshoot';
