import { escaped, fenced, table } from './markdown-text';
import type { Block, Page } from './page';

const signs = { good: '', bad: '**FAIL** ', warning: '**WARNING** ', plain: '' } as const;

export function markdown({ title, blocks }: Page, level = 1): string {
  return [`${'#'.repeat(level)} ${escaped(title)}`, ...blocks.map((block) => draw(block, level + 1)).filter((text) => text !== undefined)].join('\n\n');
}

function draw(block: Block, level: number): string | undefined {
  switch (block.block) {
    case 'heading': return `${'#'.repeat(level)} ${escaped(block.text)}`;
    case 'paragraph': return escaped(block.text);
    case 'facts': return block.rows.filter(([, text]) => text).map(([label, text]) => `- **${escaped(label)}**: ${escaped(text as string)}`).join('\n');
    case 'note': return [`> ${signs[block.tone]}${escaped(block.text)}`, ...(block.lines ?? []).map((line) => `> - ${escaped(line)}`)].join('\n');
    case 'code': return fenced(block.text, block.language);
    case 'table': return [
      table(block.columns.map(({ title }) => escaped(title)), block.rows.map(({ cells }) => cells.map(escaped)), block.columns.map(({ number = false }) => number)),
      ...(block.omitted ? [`${block.omitted} more were left out.`] : []),
    ].join('\n\n');
    case 'drawing': return undefined;
  }
}
