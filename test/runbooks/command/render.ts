/**
 * Renders a runbook for tests in other languages, as `CommandDocument` does: render.ts NAME FOLDER writes
 * NAME.json, and what the document carries as carried/NAME, s3://carried/NAME in the document.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { renderDocument } from '../../../lib/runbooks/render-document';

const [name, folder] = process.argv.slice(2);
const document = renderDocument(path.join(__dirname, '..', '..', '..', 'runbooks', name), {
  store: (carried) => {
    mkdirSync(path.join(folder, 'carried'), { recursive: true });
    writeFileSync(path.join(folder, 'carried', name), carried);
    return `s3://carried/${name}`;
  },
});
writeFileSync(path.join(folder, `${name}.json`), JSON.stringify(document));
