/**
 * The tag by which a server's instances, and the runbook for them, tell their stack. `graviton-tf
 * diagnose --stack` looks for it, and the permission to run the runbook asks for it.
 *
 * @internal
 */
export const STACK_TAG = 'graviton-tensorflow:stack';
