import { bytes, measure } from '../render/numbers';
import { type Block, type Page, type Row, facts, heading } from '../render/page';
import type { Artifact, Build, Finding } from '../reports/build';
import { machineText } from '../reports/machine';

const tones: Readonly<Record<string, Row['tone']>> = { FAIL: 'bad', WARN: 'warning', UNKNOWN: 'warning', PASS: 'good' };

/** What is said of every kind of build; `own` are rows of its own, `use` how its artifact is used. */
export function buildPage(report: Build, subject: string, what: string, own: ReadonlyArray<readonly [string, string | undefined]>, use?: Block): Page {
  const refused = report.exitCode !== 0;
  return {
    title: `${what}: ${report.outcome}`,
    tone: refused ? 'bad' : 'good',
    blocks: [
      ...(report.reason ? [{ block: 'note', tone: refused ? 'bad' : 'plain', text: report.reason } as const] : []),
      ...(use ? [heading('To use it'), use] : []),
      ...(report.artifacts.length ? [heading('Artifacts'), artifacts(report.artifacts)] : []),
      ...(report.findings.length ? [heading('Its test'), findings(report.findings)] : []),
      heading('How it came about'),
      facts([
        ['instance', subject],
        ['machine', machineText(report.machine) || undefined],
        ['commit', report.commit ?? undefined],
        ...own,
        ['command', report.command.join(' ') || undefined],
        ['took', Object.entries(report.seconds).map(([step, seconds]) => `${step} ${measure(seconds, 's')}`).join(', ') || undefined],
        ['when', report.at ?? undefined],
      ]),
      ...(report.downloads.length ? [heading('Downloads'), downloads(report.downloads)] : []),
      ...report.notes.map((text) => ({ block: 'note', tone: 'warning', text } as const)),
    ],
  };
}

/** The row of one among several. */
export function buildRow(subject: string, { exitCode, outcome, artifacts: [first] }: Build): Row {
  return { tone: exitCode === 0 ? 'plain' : 'bad', cells: [subject, outcome, first?.key ?? ''] };
}

export const buildColumns = [{ title: 'instance' }, { title: 'outcome' }, { title: 'artifact', wide: true }] as const;

function artifacts(all: readonly Artifact[]): Block {
  return {
    block: 'table',
    columns: [{ title: 'object', wide: true }, { title: 'size', number: true }, { title: 'SHA-256', wide: true }],
    rows: all.map(({ bucket, key, file, bytes: size, sha256 }) => ({ cells: [key ? `s3://${bucket}/${key}` : file, bytes(size) ?? '', sha256 ?? ''] })),
  };
}

function findings(all: readonly Finding[]): Block {
  return {
    block: 'table',
    columns: [{ title: 'check' }, { title: 'status' }, { title: 'evidence', wide: true }],
    rows: all.map(({ id, status, evidence, remediation }) => ({ tone: tones[status], cells: [id, status, [evidence, remediation && `→ ${remediation}`].filter(Boolean).join(' ')] })),
  };
}

function downloads(all: Build['downloads']): Block {
  return {
    block: 'table',
    columns: [{ title: 'download' }, { title: 'verified' }, { title: 'from', wide: true }],
    rows: all.map(({ name, url, sha256, commit, verified }) => ({ tone: verified ? 'plain' : 'warning', cells: [name, verified ? 'yes' : 'no', `${url ?? ''}${sha256 ?? commit ? ` (${sha256 ?? commit})` : ''}`] })),
  };
}
