import { fillTemplate } from '../../render/template';
import type { Result } from '../../result';
import { type Outlier, type Reported, fleetCells, fleetHeadings } from '../fleet';
import { worstFirst } from '../report';
import { kernelChart } from './chart';
import { headline, kernelCells, kernelHeadings, subjectOf, summaryRows, webAddress } from './view';

export interface Page {
  readonly results: readonly Reported[];
  readonly outliers: readonly Outlier[];
  /** Instances without a report. */
  readonly without: readonly Result[];
  /** Those whose whole report is shown. */
  readonly details: readonly Reported[];
}

/** One file that needs nothing beside it: no script, no address that a browser would fetch. */
export function reportPage(page: Page): string {
  const several = page.results.length + page.without.length > 1;
  const [first] = page.details;
  return fillTemplate('diagnose/page', 'report', {
    title: several ? `${page.results.length + page.without.length} instances` : `${subjectOf(first.report, first.subject)}: ${headline(first.report)}`,
    several,
    fleet: { head: fleetHeadings, rows: page.results.map(fleetCells) },
    outliers: page.outliers,
    without: page.without,
    details: page.details.map(({ report, subject, notes = [] }) => ({
      report,
      subject: subjectOf(report, subject),
      headline: headline(report),
      checks: worstFirst(report.checks),
      notes,
      summary: summaryRows(report).filter(([, text]) => text),
      kernels: { head: kernelHeadings, rows: report.kernels.map((kernel) => ({ kind: kernel.kind, cells: kernelCells(kernel) })) },
      chart: kernelChart(report.kernels),
    })),
    webAddress,
  });
}
