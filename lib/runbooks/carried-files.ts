import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import * as path from 'node:path';
import { deflateSync } from 'node:zlib';

/** Where a document's carried files are: in the document itself, or somewhere that an instance fetches them from. @internal */
export interface CarriedFiles {
  /** base64 of the files, or the s3:// URL of an object that holds them. */
  readonly source: string;
  /** SHA-256 of the files as `packedFiles` gives them, in hexadecimal digits. */
  readonly sha256: string;
}

/**
 * Files, and all files of folders, as one deterministic piece: zlib of a JSON object of texts by path.
 * Their paths are those below the topmost folder that a name reaches by `..`, so that they find each other
 * as they do here. Tests, caches and hidden files stay behind.
 *
 * @param names relative to `folder`
 * @throws in one sentence when there is no such file, or it is no text
 * @internal
 */
export function packedFiles(folder: string, names: readonly string[], where: string): Buffer {
  const depth = Math.max(...names.map((name) => path.normalize(name).split(path.sep).filter((part) => part === '..').length));
  const top = path.resolve(folder, ...Array<string>(depth).fill('..'));
  const files = names.flatMap((name) => filesOf(path.resolve(folder, name), where)).sort();
  const texts = files.map((file) => [path.relative(top, file).split(path.sep).join('/'), textOf(file, where)]);
  return deflateSync(Buffer.from(JSON.stringify(Object.fromEntries(texts))), { level: 9 });
}

/** The lines that tell a step's script of them, which mean the same in Python and in a shell. @internal */
export function carriedLines({ source, sha256 }: CarriedFiles): string[] {
  return [`CARRIED='${source}'`, `CARRIED_SHA256='${sha256}'`];
}

/** @internal */
export function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function filesOf(file: string, where: string): string[] {
  try {
    if (!statSync(file).isDirectory()) {
      return [file];
    }
    return readdirSync(file).filter(isCarried).flatMap((name) => filesOf(path.join(file, name), where));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw code === undefined ? error : new Error(`${where}: carries: got "${file}", which cannot be read (${code}); allowed are files and folders that exist.`);
  }
}

function isCarried(name: string): boolean {
  return !/^(\.|__pycache__$|tests?$)|\.(md|in|pyc)$/.test(name);
}

function textOf(file: string, where: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(file));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`${where}: carries: got "${file}", which ${code?.startsWith('E') && !code.startsWith('ERR_') ? `cannot be read (${code})` : 'is no text in UTF-8'}; allowed are texts.`);
  }
}
