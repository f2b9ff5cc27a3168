import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CannotTell } from '../cli/cannot-tell';

/** The checkout that is rehearsed: the command line may also be installed elsewhere, without its tools. */
export class Project {
  static find(from = process.cwd()): Project {
    for (let folder = from; ; folder = dirname(folder)) {
      if (isCheckout(folder)) return new Project(folder);
      if (dirname(folder) === folder) break;
    }
    throw new CannotTell(`A rehearsal needs a checkout of graviton-tensorflow, and ${from} is in none: clone the repository and use npm run rehearse there.`);
  }

  private constructor(readonly root: string) {}

  readonly path = (...parts: string[]): string => join(this.root, ...parts);
  readonly cache = this.path('.cache');
  readonly python = this.path('.venv/bin/python');
  readonly wheelhouse = this.path('.cache/wheelhouse');
  readonly demoModel = this.path('.cache/demo-model');
}

function isCheckout(folder: string): boolean {
  const manifest = join(folder, 'package.json');
  return existsSync(join(folder, 'rehearsal/leash.py')) && existsSync(manifest)
    && (JSON.parse(readFileSync(manifest, 'utf8')) as { name?: string }).name === 'graviton-tensorflow';
}
