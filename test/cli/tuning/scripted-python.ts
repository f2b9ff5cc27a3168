import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A Python whose programs say what a test wants: `--python` takes it. */
export class ScriptedPython {
  readonly folder = mkdtempSync(join(tmpdir(), 'graviton-tf-scripted-'));
  readonly path = this.file('python');

  file(name: string): string {
    return join(this.folder, name);
  }

  /** What `python -m …` does: lines of shell. `$*` are its arguments. */
  does(script: string, version = '3.11'): this {
    writeFileSync(this.path, `#!/bin/bash\nif [ "$1" = -c ]; then echo ${version}; exit; fi\nprintf '%s\\n' "$@" >${this.file('arguments')}\necho "$PYTHONPATH" >${this.file('path')}\n${script}\n`);
    chmodSync(this.path, 0o755);
    return this;
  }

  /** Events as lines, then its end. */
  says(events: readonly object[], code = 0): this {
    return this.does(`cat <<'END'\n${events.map((event) => JSON.stringify(event)).join('\n')}\nEND\nexit ${code}`);
  }

  arguments(): string[] {
    return readFileSync(this.file('arguments'), 'utf8').trimEnd().split('\n');
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}
