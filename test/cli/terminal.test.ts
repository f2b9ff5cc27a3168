import { Terminal, seconds, wrap } from '../../cli/terminal';

function written(isTTY: boolean, environment: NodeJS.ProcessEnv, draw: (terminal: Terminal) => void, columns = 40): string {
  let text = '';
  const stream = { isTTY, columns, write: (chunk: string) => { text += chunk; return true; } };
  draw(new Terminal(stream as unknown as NodeJS.WriteStream, environment));
  return text;
}

test('colours only where a person reads, and NO_COLOR is honoured', () => {
  const draw = (terminal: Terminal) => terminal.line(terminal.red('x'));
  expect(written(true, {}, draw)).toBe('\u001b[31mx\u001b[39m\n');
  expect(written(false, {}, draw)).toBe('x\n');
  expect(written(true, { NO_COLOR: '1' }, draw)).toBe('x\n');
  expect(written(true, { TERM: 'dumb' }, draw)).toBe('x\n');
});

test('rows are aligned and wrapped beside their label, and rows without a text are left out', () => {
  const draw = (terminal: Terminal) => terminal.rows([['a', 'one'], ['none', undefined], ['longer', 'words that go on beyond the edge of it']]);
  expect(written(true, { NO_COLOR: '1' }, draw)).toBe('  a       one\n  longer  words that go on beyond the\n          edge of it\n');
  expect(written(false, {}, draw)).toBe('  a       one\n  longer  words that go on beyond the edge of it\n');
});

test('quoted lines are cut on a terminal only', () => {
  const draw = (terminal: Terminal) => terminal.quote(['x'.repeat(50)]);
  expect(written(true, { NO_COLOR: '1' }, draw)).toBe(`  │ ${'x'.repeat(35)}…\n`);
  expect(written(false, {}, draw)).toBe(`  │ ${'x'.repeat(50)}\n`);
});

test('a word longer than a line stays whole', () => {
  expect(wrap('see https://example.com/long for more', 10)).toEqual(['see', 'https://example.com/long', 'for more']);
});

test('short times have a decimal', () => {
  expect([seconds(0.04), seconds(9.96), seconds(61.5)]).toEqual(['0.0 s', '10.0 s', '62 s']);
});
