import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { Leash, type LeashOptions } from './leash';
import type { Project } from './project';

/** The one folder in which a rehearsal writes, and the processes that end with it. */
export class Workspace {
  private readonly leashes: Leash[] = [];
  private made: string | undefined;

  constructor(readonly project: Project) {}

  /** In the checkout's cache: the instance installs TensorFlow, for which a /tmp in memory is too small. */
  get folder(): string {
    if (!this.made) {
      const parent = join(this.project.cache, 'rehearsals');
      mkdirSync(parent, { recursive: true });
      sweep(parent);
      this.made = mkdtempSync(join(parent, 'r-'));
    }
    return this.made;
  }

  /** The base path to deploy: a directory of versions as it is, one SavedModel as version 1 of a base path here. */
  basePath(model: string): string {
    if (!existsSync(join(model, 'saved_model.pb'))) return model;
    const base = this.directory('model');
    cpSync(model, join(base, '1'), { recursive: true });
    return base;
  }

  directory(...parts: string[]): string {
    const path = join(this.folder, ...parts);
    mkdirSync(path, { recursive: true });
    return path;
  }

  /** What every command of the rehearsal gets: no credentials, proxies or settings of the caller's. */
  environment(home: string, ...bin: string[]): Record<string, string> {
    return {
      PATH: [...bin, process.env.PATH ?? '/usr/bin:/bin'].join(':'),
      HOME: home,
      TMPDIR: this.directory('tmp'),
      LANG: 'C.UTF-8',
    };
  }

  start(options: LeashOptions): Leash {
    const leash = new Leash(this.project.python, this.project.path('rehearsal/leash.py'), this.folder, options);
    this.leashes.push(leash);
    return leash;
  }

  /**
   * A folder of commands to put first on PATH. Python there is the checkout's own, for which the wheelhouse was
   * filled; another version that this machine happens to have must not be found by name.
   */
  binaries(): string {
    const bin = this.directory('bin');
    const python = `#!/bin/sh\nexec '${this.project.python}' "$@"\n`;
    writeScript(join(bin, 'python3'), python);
    for (let minor = 9; minor <= 15; minor++) writeScript(join(bin, `python3.${minor}`), '#!/bin/sh\nexit 127\n');
    symlinkSync(this.project.path('.venv/bin/aws'), join(bin, 'aws'));
    // Every machine image has curl; a newcomer's machine may not.
    if (lacks('curl')) symlinkSync(this.project.path('rehearsal/instance/without-curl/curl'), join(bin, 'curl'));
    return bin;
  }

  async end(): Promise<void> {
    await Promise.all(this.leashes.map(async (leash) => leash.end()));
    if (this.made) rmSync(this.made, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Leaves everything running; the first leash's end removes the folder, which ends the others. */
  keep(): number {
    const alive = this.leashes.filter((leash) => !leash.ended);
    for (const leash of alive) leash.keep();
    return alive[0].pid;
  }
}

/** Whether this machine has no such command. */
export function lacks(command: string): boolean {
  return !(process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, command)));
}

/** Removes what a machine that went down in the middle has left: folders that no leash holds. */
function sweep(parent: string): void {
  const held = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid)).map((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    } catch {
      return '';
    }
  });
  for (const name of readdirSync(parent)) {
    const folder = join(parent, name);
    // One that was made just now may be waiting for its first leash.
    const fresh = Date.now() - (statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? 0) < 60_000;
    if (!fresh && !held.some((command) => command.includes(folder))) rmSync(folder, { recursive: true, force: true });
  }
}

export function writeScript(path: string, text: string): void {
  writeFileSync(path, text);
  chmodSync(path, 0o755);
}

/** `preferred` where nothing listens there on loopback, else a port that is free now. */
export async function freePort(preferred = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' && preferred) resolve(freePort());
      else reject(error);
    });
    server.listen(preferred, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
