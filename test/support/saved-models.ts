import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';

/** A version folder as TensorFlow writes it, with placeholders for contents: nothing at synth reads them. */
export const WHOLE_VERSION = ['1/saved_model.pb', '1/variables/variables.index', '1/variables/variables.data-00000-of-00001'];

let folders: string[] = [];

/** A folder with these files, removed after the test file; contents are the file's name unless given. */
export function folderWith(files: string[] | { [name: string]: string }): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'graviton-tf-model-'));
  folders.push(folder);
  const contents = Array.isArray(files) ? Object.fromEntries(files.map((name) => [name, name])) : files;
  for (const [name, content] of Object.entries(contents)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  }
  return folder;
}

/** A model base path with one whole version. */
export function savedModel(): string {
  return folderWith(WHOLE_VERSION);
}

afterAll(() => {
  folders.forEach((folder) => rmSync(folder, { recursive: true, force: true }));
  folders = [];
});
