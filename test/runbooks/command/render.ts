/**
 * Renders runbooks for tests in other languages, as `CommandDocument` does: render.ts FOLDER NAME… writes each
 * NAME.json, and what the document carries, where it cannot hold it, as carried/NAME, s3://carried/NAME in the document.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { renderDocument } from '../../../lib/runbooks/render-document';

const [folder, ...names] = process.argv.slice(2);
mkdirSync(path.join(folder, 'carried'), { recursive: true });
for (const name of names) {
  const document = renderDocument(path.join(__dirname, '..', '..', '..', 'runbooks', name), {
    store: (carried) => {
      writeFileSync(path.join(folder, 'carried', name), carried);
      return `s3://carried/${name}`;
    },
  });
  writeFileSync(path.join(folder, `${name}.json`), JSON.stringify(document));
}
