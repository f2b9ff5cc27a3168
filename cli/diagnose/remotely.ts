import { TROUBLESHOOT } from '../../lib/runbooks/runbook-names';
import type { RunbookKind } from '../remote/kind';
import { sendRunbook } from '../remote/send';
import type { Gathered } from '../result';
import { type DiagnoseOptions, runbookParameters } from './options';
import { type Report, parseReport } from './report';

const troubleshooting: RunbookKind<Report> = {
  word: TROUBLESHOOT,
  name: 'troubleshooting runbook',
  construct: 'TroubleshootRunbook',
  command: 'graviton-tf diagnose',
  work: 'diagnosis',
  shorter: 'lower --requests, or judge an existing log with --log-path',
  parse: parseReport,
  omitted: ({ kernelsOmitted }) => (kernelsOmitted ? `${kernelsOmitted} kernels are` : undefined),
};

/** Has instances diagnose themselves. */
export async function diagnoseInstances(options: DiagnoseOptions): Promise<Gathered<Report>> {
  return sendRunbook({ kind: troubleshooting, selection: options, parameters: runbookParameters(options) });
}
