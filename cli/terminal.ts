/** What a command writes to: colours and line breaks only where a person reads along. */
export class Terminal {
  private readonly coloured: boolean;

  constructor(private readonly stream: NodeJS.WriteStream, environment: NodeJS.ProcessEnv = process.env) {
    this.coloured = Boolean(stream.isTTY) && !environment.NO_COLOR && environment.TERM !== 'dumb';
  }

  /** Columns to fill; unlimited where the output is no terminal, since a program may read it line by line. */
  get columns(): number {
    return this.stream.isTTY ? Math.max(40, this.stream.columns ?? 80) : Infinity;
  }

  line(text = ''): void {
    this.stream.write(`${text}\n`);
  }

  bold = (text: string): string => this.paint(text, 1, 22);
  dim = (text: string): string => this.paint(text, 2, 22);
  red = (text: string): string => this.paint(text, 31, 39);
  green = (text: string): string => this.paint(text, 32, 39);
  yellow = (text: string): string => this.paint(text, 33, 39);
  cyan = (text: string): string => this.paint(text, 36, 39);

  private paint(text: string, on: number, off: number): string {
    return this.coloured ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  }

  heading(text: string): void {
    this.line();
    this.line(this.bold(text));
  }

  /** Rows of a label and a text, the texts under each other and wrapped beside their label. */
  rows(rows: ReadonlyArray<readonly [label: string, text: string | undefined]>): void {
    const shown = rows.filter((row): row is readonly [string, string] => Boolean(row[1]));
    const width = Math.max(0, ...shown.map(([label]) => label.length)) + 2;
    for (const [label, text] of shown) {
      const [first, ...more] = wrap(text, this.columns - width - 2);
      this.line(`  ${this.dim(label.padEnd(width))}${first}`);
      for (const line of more) this.line(' '.repeat(width + 2) + line);
    }
  }

  /** A sign and a text, whose further lines stand under the first. */
  marked(sign: string, text: string): void {
    // Escapes that colour the sign take no room.
    const width = sign.replace(/\u001b\[\d+m/g, '').length + 1;
    wrap(text, this.columns - width).forEach((line, i) => this.line(i === 0 ? `${sign} ${line}` : ' '.repeat(width) + line));
  }

  /** A paragraph, indented. */
  paragraph(text: string): void {
    for (const line of wrap(text, this.columns - 2)) this.line(`  ${line}`);
  }

  /** Lines quoted from elsewhere, cut rather than wrapped so that each stays one line. */
  quote(lines: readonly string[]): void {
    for (const text of lines) {
      const room = this.columns - 4;
      this.line(`  ${this.dim('│')} ${text.length > room ? `${text.slice(0, room - 1)}…` : text}`);
    }
  }
}

/** Breaks at spaces; a word longer than a line stays whole, so that it can be copied. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    let line = '';
    for (const word of paragraph.split(' ')) {
      if (line && line.length + 1 + word.length > width) {
        lines.push(line);
        line = word;
      } else {
        line = line ? `${line} ${word}` : word;
      }
    }
    lines.push(line);
  }
  return lines;
}

export function seconds(value: number): string {
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} s`;
}
