import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Eta } from 'eta';
import { packageRoot } from '../../lib/package-root';

/** Fills a page's template, `<folder>/<name>.eta` with its style beside it, below the head and style that all pages share. */
export function fillTemplate(folder: string, name: string, values: { readonly title: string; readonly [value: string]: unknown }): string {
  const read = (...path: string[]) => readFileSync(join(packageRoot(), 'cli', ...path), 'utf8');
  const shared = read('page', 'page.css');
  const own = folder === 'page' ? '' : read(folder, `${name}.css`);
  const eta = new Eta({ autoEscape: true });
  eta.loadTemplate('@head', read('page', 'head.eta'));
  return eta.renderString(read(folder, `${name}.eta`), { ...values, style: shared + own });
}
