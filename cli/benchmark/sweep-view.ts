import type { View } from '../present';
import { measure, times } from '../render/numbers';
import { type Block, type Page, type Row, facts, heading, paragraph } from '../render/page';
import { machineName, originRows } from '../reports/machine';
import type { Candidate, Sweep } from '../reports/sweep';
import { requestsText, settingsText, workloadText } from './view';

/** How a sweep is shown. */
export const sweepView: View<Sweep> = {
  columns: [{ title: 'instance' }, { title: 'gain', number: true }, { title: 'default', number: true }, { title: 'best', number: true }, { title: 'applied' }, { title: 'best settings', wide: true }],
  rows: ({ subject, report }) => {
    const { initial, best } = chosen(report);
    return [{
      tone: toneOf(report),
      cells: [
        subject, times(report.gain), measure(initial?.throughput, '/s'), measure(best?.throughput, '/s'), report.applied?.outcome ?? '',
        best ? settingsText(best.settings) : '',
      ],
    }];
  },
  page: sweepPage,
};

function chosen(report: Sweep) {
  const at = (index: number | null | undefined) => (typeof index === 'number' ? report.candidates[index] : undefined);
  return { initial: at(report.default), best: at(report.best) };
}

function toneOf({ exitCode }: Sweep) {
  return exitCode === 0 ? 'good' : exitCode === 1 ? 'warning' : 'bad';
}

function sweepPage(report: Sweep, subject: string): Page {
  const { recommendation, applied, omitted } = report;
  const { best, initial } = chosen(report);
  const name = report.machine.instance ? machineName(report.machine) : subject;
  const gain = !best ? 'nothing to recommend' : best === initial ? 'the defaults are best' : `${times(report.gain)} the throughput of the default`;
  return {
    title: `${name}: ${gain}`,
    tone: toneOf(report),
    blocks: [
      ...(recommendation?.text ? [paragraph(recommendation.text)] : []),
      ...(applied ? [{ block: 'note', tone: applied.outcome === 'applied' ? 'good' : 'warning', text: `${sentenceCase(applied.outcome)}${applied.reason ? `: ${applied.reason}` : ''}` } as const] : []),
      ...codes(recommendation),
      heading('Candidates'),
      ...(report.candidates.length ? [candidateTable(report)] : []),
      ...drawing(report),
      heading('What was measured, and where'),
      facts([
        ['workload', workloadText(report.workload)],
        ['requests', requestsText(report.workload)],
        ['time', [measure(report.seconds, 's'), report.budgetSeconds && `of ${measure(report.budgetSeconds, 's')} given`].filter(Boolean).join(' ')],
        ['p99 allowed', measure(report.maxLatencyMilliseconds, 'ms') || undefined],
        ...originRows(report),
      ]),
      ...(omitted ? [paragraph(`${omitted} entries were left out of this report's lists.`)] : []),
    ],
  };
}

function sentenceCase(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Ready to paste: into the stack's code, or behind cdk deploy. */
function codes(recommendation: Sweep['recommendation']): Block[] {
  if (!Object.keys(recommendation?.servingOptions ?? {}).length) return [];
  return [
    ...(recommendation?.typescript ? [heading('For the stack\'s code'), { block: 'code', language: 'ts', text: recommendation.typescript } as const] : []),
    ...(recommendation?.context ? [heading('For the command line'), { block: 'code', language: 'sh', text: `npx cdk deploy ${recommendation.context}` } as const] : []),
  ];
}

/** The measured ones by their throughput, the others as they were tried. */
function candidateTable(report: Sweep): Block {
  const indexed = report.candidates.map((candidate, index) => ({ candidate, index }));
  const sorted = [...indexed].sort((a, b) => (b.candidate.throughput ?? -1) - (a.candidate.throughput ?? -1));
  return {
    block: 'table',
    mostOnTerminal: 10,
    columns: [
      { title: '' }, { title: 'samples/s', number: true }, { title: 'median ms', number: true }, { title: 'p99 ms', number: true }, { title: 'clients', number: true }, { title: 'result' },
      { title: 'settings', wide: true },
    ],
    rows: sorted.map(({ candidate, index }): Row => ({
      tone: index === report.best ? 'good' : candidate.status === 'failed' ? 'bad' : 'plain',
      cells: [
        markOf(report, index), measure(candidate.throughput, ''), measure(candidate.medianMilliseconds, ''), measure(candidate.p99Milliseconds, ''), measure(candidate.clients, ''),
        candidate.status, [settingsText(candidate.settings), candidate.status === 'measured' ? undefined : candidate.why].filter(Boolean).join(': '),
      ],
    })),
  };
}

function markOf({ best, default: initial }: Sweep, index: number): string {
  return [index === best && 'best', index === initial && 'default'].filter(Boolean).join(', ');
}

function drawing(report: Sweep): Block[] {
  const measured = report.candidates.map((candidate, index) => ({ candidate, index })).filter(({ candidate: { throughput, p99Milliseconds } }) => throughput && p99Milliseconds);
  if (measured.length < 2) return [];
  const point = ({ candidate }: { readonly candidate: Candidate }, label?: string) => ({ x: candidate.throughput as number, y: candidate.p99Milliseconds as number, label });
  const special = ({ index }: { readonly index: number }) => index === report.best || index === report.default;
  const series = [
    { name: report.best === report.default ? 'best: the default' : 'best', tone: 'good', points: measured.filter(({ index }) => index === report.best).map((each) => point(each, settingsText(each.candidate.settings))) },
    { name: 'default', tone: 'warning', points: measured.filter(({ index }) => index === report.default && index !== report.best).map((each) => point(each, settingsText(each.candidate.settings))) },
    { name: 'others', tone: 'plain', points: measured.filter((each) => !special(each)).map((each) => point(each)) },
  ] as const;
  return [{
    block: 'drawing',
    title: 'Throughput and latency of each candidate: right is faster, below answers sooner',
    description: `${measured.length} candidates by their throughput and 99th percentile of latency; the table holds the numbers.`,
    plot: { plot: 'points', x: { name: 'samples a second', fromZero: false }, y: { name: 'p99 latency, ms' }, series: series.filter(({ points }) => points.length) },
  }];
}
