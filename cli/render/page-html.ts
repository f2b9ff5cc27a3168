import type { Page } from './page';
import { drawPlot } from './plots';
import { fillTemplate } from './template';

/** One file that needs nothing beside it: no script, no address that a browser would fetch. */
export function htmlPage(pages: readonly Page[]): string {
  return fillTemplate('page', 'page', { title: pages[0].title, pages, draw: drawPlot });
}
