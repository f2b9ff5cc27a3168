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

  readonly cache: string;
  readonly python: string;
  readonly wheelhouse: string;
  readonly demoModel: string;

  private constructor(readonly root: string) {
    this.cache = this.path('.cache');
    this.python = this.path('.venv/bin/python');
    this.wheelhouse = this.path('.cache/wheelhouse');
    this.demoModel = this.path('.cache/demo-model');
  }

  path(...parts: string[]): string {
    return join(this.root, ...parts);
  }
}

function isCheckout(folder: string): boolean {
  const manifest = join(folder, 'package.json');
  return existsSync(join(folder, 'rehearsal/leash.py')) && existsSync(manifest)
    && (JSON.parse(readFileSync(manifest, 'utf8')) as { name?: string }).name === 'graviton-tensorflow';
}
