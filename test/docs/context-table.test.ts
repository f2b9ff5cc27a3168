import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { CONTEXT_KEYS } from '../../bin/context';
import { ROOT } from '../support/snippets';

const README = readFileSync(path.join(ROOT, 'README.md'), 'utf8');

/** The rows of the README's table of context keys, as cells. */
const rows = README.split('\n').filter((line) => line.startsWith('| `')).map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim()))
  .filter(([key]) => Object.hasOwn(CONTEXT_KEYS, key.replaceAll('`', '')));

/** The literal values that a text names in backticks (README) or quotes (errors). */
function values(text: string): string[] {
  return [...text.matchAll(/["`]([a-z0-9.:-]+)["`]/g)].map(([, value]) => value).sort();
}

test('every context key is in the README\'s table', () => {
  expect(rows.map(([key]) => key.replaceAll('`', '')).sort()).toEqual(Object.keys(CONTEXT_KEYS).sort());
});

test.each(['image', 'vpc'] as const)('%s: the README and the error name the same values', (key) => {
  const [, allowed] = rows.find(([name]) => name === `\`${key}\``)!;
  const named = values(CONTEXT_KEYS[key]).filter((value) => !/\d{6}/.test(value));

  expect(named.length).toBeGreaterThan(1);
  expect(values(allowed).filter((value) => value !== 'kernel')).toEqual(named.filter((value) => value !== 'kernel'));
});

test('every serving option that context takes is in the README', () => {
  const options = CONTEXT_KEYS.serving.replace('an object of ', '').split(', ');
  const [, section] = README.split('### Serving options');

  expect(options.length).toBeGreaterThan(10);
  expect(options.filter((option) => !section.split('###')[0].includes(`\`${option}\``))).toEqual([]);
});
