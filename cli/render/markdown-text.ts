import { markdownTable } from 'markdown-table';

export function table(head: readonly string[], rows: ReadonlyArray<readonly string[]>, numbers: readonly boolean[] = []): string {
  return markdownTable([head, ...rows], { alignDelimiters: false, align: head.map((_, column) => (numbers[column] ? 'r' : null)) });
}

/** As text within a line or a cell: nothing in it is markup. */
export function escaped(text: string): string {
  return text.replace(/[\\`*_[\]|~#]/g, '\\$&').replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/\s*\n\s*/g, '<br>');
}

/** Whatever the text holds, its fence is longer. */
export function fenced(text: string, language: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}
