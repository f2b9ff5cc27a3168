import { readFileSync } from 'node:fs';

/** The rows of the Markdown table under a heading, as cells. */
export function tableUnder(file: string, heading: string): string[][] {
  const lines = readFileSync(file, 'utf8').split('\n');
  const from = lines.indexOf(`## ${heading}`);
  if (from < 0) {
    throw new Error(`no heading "${heading}" in ${file}`);
  }
  const section = lines.slice(from + 1);
  const next = section.findIndex((line) => line.startsWith('## '));
  const rows = section.slice(0, next < 0 ? undefined : next).filter((line) => line.startsWith('|'));
  // The head and the line below it are no rows.
  return rows.slice(2).map((row) => row.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim()));
}

/** The names in backticks in a cell. */
export function namesIn(cell: string): string[] {
  return [...cell.matchAll(/`([A-Z][A-Z0-9_]*)`/g)].map(([, name]) => name);
}
