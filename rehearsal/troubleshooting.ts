import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
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
    const count = (wanted: string) => report.checks.filter(({ status }) => status === wanted).length;
    const rows = { pass: count('PASS'), warn: count('WARN'), fail: count('FAIL'), skip: count('SKIP'), unknown: count('UNKNOWN') };
    const findings = report.checks.filter(({ status }) => status === 'FAIL' || status === 'WARN');
    const { backend, primitives } = report.summary;
    this.booted = { rows, backend, primitives: primitives ?? 0, findings };
    return `${backend}, ${rows.pass} checks pass, ${rows.warn} warn, ${rows.fail} fail`;
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
