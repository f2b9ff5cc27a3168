import type { Terminal } from '../terminal';
import type { Block, Page, Table, Tone } from './page';
import { draw, tableLines, tableWidth } from './table';

type Paint = (text: string) => string;

const asItIs: Paint = (text) => text;

function paint(terminal: Terminal, tone: Tone): Paint {
  return { good: terminal.green, bad: terminal.red, warning: terminal.yellow, plain: asItIs }[tone];
}

const signs: Readonly<Record<Tone, string>> = { good: '✔', bad: '✖', warning: '!', plain: '·' };

export function renderPage({ title, tone, blocks }: Page, terminal: Terminal): void {
  terminal.marked(paint(terminal, tone)(signs[tone]), terminal.bold(title));
  for (const [i, block] of blocks.entries()) {
    // A heading brings an empty line of its own.
    if (block.block !== 'drawing' && block.block !== 'heading' && blocks[i - 1]?.block !== 'heading') terminal.line();
    render(block, terminal);
  }
}

function render(block: Block, terminal: Terminal): void {
  switch (block.block) {
    case 'heading': terminal.heading(block.text); break;
    case 'paragraph': terminal.paragraph(block.text); break;
    case 'facts': terminal.rows(block.rows); break;
    case 'note':
      terminal.marked(`  ${paint(terminal, block.tone)(signs[block.tone])}`, paint(terminal, block.tone)(block.text));
      for (const line of block.lines ?? []) terminal.marked('    ·', line);
      break;
    // Neither indented nor wrapped: it is there to be copied.
    case 'code': for (const line of block.text.trimEnd().split('\n')) terminal.line(terminal.cyan(line)); break;
    case 'table': renderTable(block, terminal); break;
    case 'drawing': break;
  }
}

export function renderTable({ columns, rows, mostOnTerminal = Infinity, omitted = 0 }: Table, terminal: Terminal): void {
  const shown = rows.slice(0, mostOnTerminal);
  // Columns without a value take no room.
  const used = columns.map((_, column) => column).filter((column) => shown.some(({ cells }) => cells[column]));
  const part = (chosen: readonly number[]) => ({
    head: chosen.map((column) => columns[column].title),
    rows: shown.map(({ cells, tone = 'plain' }) => chosen.map((column) => paint(terminal, tone)(cells[column]))),
    numbers: chosen.map((column) => columns[column].number ?? false),
  });
  const fits = (chosen: readonly number[]) => tableWidth(part(chosen).head, part(chosen).rows) <= terminal.columns;
  const narrow = used.filter((column) => !columns[column].wide);
  if (fits(used)) {
    const { head, rows: lines, numbers } = part(used);
    draw(head, lines, terminal, numbers);
  } else if (narrow.length < used.length && fits(narrow)) {
    const { head, rows: lines, numbers } = part(narrow);
    const [first, ...more] = tableLines(head, lines, terminal, numbers);
    terminal.line(first);
    for (const [i, line] of more.entries()) {
      terminal.line(line);
      for (const column of used) if (columns[column].wide && shown[i].cells[column]) terminal.marked('     ', terminal.dim(shown[i].cells[column]));
    }
  } else {
    for (const [i, chosen] of lots(used, fits).entries()) {
      if (i) terminal.line();
      const { head, rows: lines, numbers } = part(chosen);
      draw(head, lines, terminal, numbers);
    }
  }
  const more = rows.length - shown.length + omitted;
  if (more > 0) terminal.line(terminal.dim(`  … and ${more} more`));
}

/** As many columns together as a line has room for, each time with the first. */
function lots([first, ...others]: readonly number[], fits: (chosen: readonly number[]) => boolean): number[][] {
  const found: number[][] = [];
  let current = [first];
  for (const column of others) {
    if (current.length > 1 && !fits([...current, column])) {
      found.push(current);
      current = [first];
    }
    current.push(column);
  }
  return [...found, current];
}
