import Table from 'cli-table3';
import type { Terminal } from '../terminal';

/** A table without borders, two columns from the left. */
export function draw(head: readonly string[], rows: ReadonlyArray<readonly string[]>, terminal: Terminal, numbers: readonly boolean[] = []): void {
  for (const line of tableLines(head, rows, terminal, numbers)) terminal.line(line);
}

/** The heading's line and one for each row. The last column takes what is left of the line, and is cut there. */
export function tableLines(head: readonly string[], rows: ReadonlyArray<readonly string[]>, terminal: Terminal, numbers: readonly boolean[] = []): string[] {
  const widths = widthsOf(head, rows);
  const room = terminal.columns - 2 - sum(widths.slice(0, -1));
  widths[widths.length - 1] = Math.max(8, Math.min(room, widths[widths.length - 1]));
  const table = new Table({
    head: head.map(terminal.dim),
    colWidths: widths,
    colAligns: head.map((_, column) => (numbers[column] ? 'right' : 'left')),
    chars: noBorders,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': gap, compact: true },
  });
  table.push(...rows.map((row) => [...row]));
  return table.toString().split('\n').map((line) => `  ${line.trimEnd()}`);
}

/** What a table takes of a line, its last gap included. */
export function tableWidth(head: readonly string[], rows: ReadonlyArray<readonly string[]>): number {
  return 2 + sum(widthsOf(head, rows));
}

const gap = 2;

const noBorders = Object.fromEntries(['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right', 'left', 'left-mid', 'mid', 'mid-mid',
  'right', 'right-mid', 'middle'].map((part) => [part, '']));

function widthsOf(head: readonly string[], rows: ReadonlyArray<readonly string[]>): number[] {
  // Escapes that colour a cell take no room.
  const width = (text: string) => text.replace(/\u001b\[\d+m/g, '').length;
  return head.map((heading, column) => Math.max(heading.length, ...rows.map((row) => width(row[column]))) + gap);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
