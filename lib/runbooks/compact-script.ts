import { deflateSync } from 'node:zlib';

/**
 * A script's lines without what only its authors need: lines that are comments or empty, docstrings of one line,
 * and three of each four spaces of indentation. The whole document may have 60 KB, and whoever reads it in the
 * console reads code. Tests show that the programs stay the same.
 *
 * @internal
 */
export function compactLines(lines: readonly string[]): string[] {
  const code = lines.filter((line) => !/^\s*(#|$)/.test(line));
  return code.filter((line, index) => !isDocstring(line, code[index - 1], code[index + 1])).map((line) => line.replace(/^(?: {4})+(?! )/, (indent) => ' '.repeat(indent.length / 4)));
}

/** A string between what it describes and its body: elsewhere, three quotes may begin or end a longer one, or be all there is. */
function isDocstring(line: string, before = '', after = ''): boolean {
  const [, indent] = /^( +)"""[^"\\]+"""$/.exec(line) ?? [];
  return indent !== undefined && /^ *(def|class|\)).*:$/.test(before) && after.startsWith(indent);
}

/**
 * A Python script as one line that unpacks and runs it, for what would not fit otherwise: zlib, base64.
 *
 * @internal
 */
export function packedPython(name: string, lines: readonly string[]): string[] {
  const packed = deflateSync(Buffer.from(`${lines.join('\n')}\n`), { level: 9 }).toString('base64');
  return ['import base64, zlib', `exec(compile(zlib.decompress(base64.b64decode("${packed}")), "${name}", "exec"))`];
}
