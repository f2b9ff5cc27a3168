import type { RunbookName } from '../../lib/runbooks/runbook-names';
import type { AnyReport } from '../result';

/** What the command line knows of a kind of runbook, beside what its document says. */
export interface RunbookKind<Report extends AnyReport> {
  /** What the document's tag says, and where in the results bucket its outputs are. */
  readonly word: RunbookName;
  /** As sentences have it, such as "troubleshooting runbook". */
  readonly name: string;
  /** The construct that deploys it. */
  readonly construct: string;
  /** The command that sends it, which is also the comment that Run Command keeps. */
  readonly command: string;
  /** The instances' tag whose value is the stack that `--stack` names. @default STACK_TAG: the stack's servers */
  readonly instancesTag?: string;
  /** What it does on an instance, such as "diagnosis". */
  readonly work: string;
  /** What to change where its time was too short. */
  readonly shorter: string;
  /** The report in a text, or why it is none. */
  parse(text: string): Report | string;
  /** What was left out so that the report fits where it is printed, such as "3 kernels are"; undefined where it is whole. */
  omitted(report: Report): string | undefined;
}
