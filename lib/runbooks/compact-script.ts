import { deflateSync } from 'node:zlib';

/**
 * A script's lines without what only its authors need: lines that are comments or empty, and three of each four
 * spaces of indentation. The whole document may have 60 KB, and whoever reads it in the console reads code. Tests
 * show that Python's syntax tree stays the same.
 *
 * @internal
 */
export function compactLines(lines: readonly string[]): string[] {
  return lines.filter((line) => !/^\s*(#|$)/.test(line)).map((line) => line.replace(/^(?: {4})+(?! )/, (indent) => ' '.repeat(indent.length / 4)));
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
