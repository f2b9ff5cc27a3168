import { existsSync } from 'node:fs';
import * as path from 'node:path';

/**
 * The folder that holds this package's `package.json`, `userdata/` and the rest.
 *
 * Found by walking up, because compiled code runs from another depth than its source.
 *
 * @internal
 */
export function packageRoot(): string {
  let folder = __dirname;
  while (!existsSync(path.join(folder, 'userdata', 'bootstrap.sh'))) {
    const parent = path.dirname(folder);
    if (parent === folder) {
      throw new Error(`The package's userdata/bootstrap.sh was not found above ${__dirname}; reinstall graviton-tensorflow.`);
    }
    folder = parent;
  }
  return folder;
}
