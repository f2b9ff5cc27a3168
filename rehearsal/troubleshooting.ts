import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Report } from '../cli/diagnose/report';
import { diagnose } from './diagnosis';
import type { EmbeddedAws } from './embedded-aws';
import { type Fault, type FoundFault, expectHealthy, findFault } from './faults';
import type { RehearsedInstance } from './instance';
import type { DiagnosisReport } from './report';
import type { Workspace } from './workspace';

type Note = (line: string) => void;

/** The runbook against the model server that was booted: as it is, then with one fault at a time. */
export class Troubleshooting {
  private booted: Omit<DiagnosisReport, 'faults'> | undefined;
  private readonly found: FoundFault[] = [];

  constructor(
    private readonly workspace: Workspace, private readonly aws: EmbeddedAws, private readonly instance: RehearsedInstance,
    private readonly stack: string, private readonly endpoint: string,
  ) {}

  /** @param mustBeHealthy whether a finding that a fault will be known by is an error */
  async diagnose(mustBeHealthy: boolean, note: Note): Promise<string> {
    await this.instance.managed();
    const report = await diagnose(this.workspace, this.aws, this.stack, [], note);
    if (mustBeHealthy) expectHealthy(report);
    await this.expectSameAtStart(report);
    const count = (wanted: string) => report.checks.filter(({ status }) => status === wanted).length;
    const rows = { pass: count('PASS'), warn: count('WARN'), fail: count('FAIL'), skip: count('SKIP'), unknown: count('UNKNOWN') };
    const findings = report.checks.filter(({ status }) => status === 'FAIL' || status === 'WARN');
    const { backend, primitives } = report.summary;
    this.booted = { rows, backend, primitives: primitives ?? 0, findings };
    return `${backend}, ${rows.pass} checks pass, ${rows.warn} warn, ${rows.fail} fail`;
  }

  /** The same rules judged the server when it had just started, without a shadow: they must not say otherwise. */
  private async expectSameAtStart(report: Report): Promise<void> {
    const atStart = (await this.instance.bootLog())?.findings;
    if (!atStart) throw new Error('the checks at the start wrote nothing to the log group');
    // Waiting for disks, say, is another matter while an instance boots.
    const server = atStart.filter(({ id }) => !id.startsWith('platform.'));
    const contradicted = server.find(({ id, status }) => report.checks.some((row) => row.id === id && row.status !== status));
    if (contradicted) throw new Error(`the checks at the start say ${contradicted.id}: ${contradicted.evidence}, and the diagnosis does not`);
  }

  /** Each fault takes the one before out: what is written is the boot's environment with this change alone. */
  async find(fault: Fault, note: Note): Promise<string> {
    note('restarting the model server …');
    await this.instance.restartServer(fault.serving, this.endpoint);
    const report = await diagnose(this.workspace, this.aws, this.stack, this.replaying(fault), note);
    const found = findFault(fault, report);
    this.found.push(found);
    return `${found.row} fails; fix: ${found.fix}`;
  }

  private replaying({ replay }: Fault): string[] {
    if (replay === undefined) return [];
    const log = join(this.instance.root, 'var/log', replay);
    copyFileSync(this.workspace.project.path('rehearsal/replay', replay), log);
    return ['--log-path', log];
  }

  get report(): DiagnosisReport | undefined {
    return this.booted && { ...this.booted, faults: this.found };
  }
}
