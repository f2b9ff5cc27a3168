import { OPTIMIZE } from '../../lib/runbooks/runbook-names';
import type { RunbookKind } from '../remote/kind';
import { sendRunbook } from '../remote/send';
import { type Optimization, parseOptimization } from '../reports/optimization';
import type { Gathered } from '../result';
import { type OptimizeOptions, runbookParameters } from './options';

const optimizing: RunbookKind<Optimization> = {
  word: OPTIMIZE,
  name: 'graph optimization runbook',
  construct: 'OptimizeGraphRunbook',
  command: 'graviton-tf optimize',
  work: 'optimization',
  shorter: 'lower --time or --pairs',
  parse: parseOptimization,
  omitted: ({ omitted }) => (omitted ? `${omitted} entries of its lists are` : undefined),
};

/** Has instances optimize the model that they serve. */
export async function optimizeInstances(options: OptimizeOptions): Promise<Gathered<Optimization>> {
  return sendRunbook({ kind: optimizing, selection: options, parameters: runbookParameters(options) });
}
