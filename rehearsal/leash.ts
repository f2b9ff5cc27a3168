import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface LeashOptions {
  /** Names the log file. */
  readonly name: string;
  readonly command: readonly string[];
  /** All of the environment: nothing of the caller's is passed on. */
  readonly environment: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/** How often a log is looked at, in milliseconds. */
const poll = 100;

/**
 * A command held by `leash.py`, which ends it and all its descendants when this process is gone, however it went.
 * Output goes to a file: a kept server must be able to write when nobody reads any more.
 */
export class Leash {
  readonly log: string;
  readonly exited: Promise<number>;
  private readonly child: ChildProcess;
  private status: number | undefined;

  constructor(python: string, script: string, folder: string, private readonly options: LeashOptions) {
    mkdirSync(join(folder, 'logs'), { recursive: true });
    this.log = unusedLog(join(folder, 'logs', options.name));
    const file = openSync(this.log, 'wx');
    this.child = spawn(python, ['-I', script, folder, ...options.command], {
      cwd: options.cwd,
      env: options.environment,
      stdio: ['pipe', file, file],
      // Ctrl-C reaches the whole foreground group; the order in which things end is ours to choose.
      detached: true,
    });
    closeSync(file);
    this.child.stdin?.on('error', () => { /* it ended before it was told to */ });
    this.exited = new Promise((resolve, reject) => {
      this.child.on('error', reject);
      this.child.on('exit', (code) => resolve(this.status = code ?? 137));
    });
    this.exited.catch(() => { /* reported to whoever waits for it */ });
  }

  get pid(): number {
    return this.child.pid as number;
  }

  get ended(): boolean {
    return this.status !== undefined;
  }

  lines(): string[] {
    return existsSync(this.log) ? readFileSync(this.log, 'utf8').split('\n').filter((line) => line.trim()) : [];
  }

  /** The first line that the command prints and `wanted` accepts. */
  async line(wanted: (line: string) => boolean, seconds: number): Promise<string> {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
      const found = this.lines().find(wanted);
      if (found !== undefined) return found;
      if (this.ended || Date.now() > deadline) {
        const how = this.ended ? `ended with status ${this.status}` : `said nothing for ${seconds} s`;
        throw new CommandFailed(`${this.options.name} ${how}`, this.lines());
      }
      await sleep(poll);
    }
  }

  /** Waits for the end, telling each new line meanwhile. */
  async finish(onLine: (line: string) => void = () => {}): Promise<number> {
    let told = 0;
    const tell = () => {
      const lines = this.lines();
      for (const line of lines.slice(told)) onLine(line);
      told = lines.length;
    };
    while (!this.ended) {
      await Promise.race([this.exited, sleep(poll)]);
      tell();
    }
    tell();
    return this.exited;
  }

  /** Ends the command and all that it started. */
  async end(): Promise<void> {
    if (!this.ended) this.child.stdin?.end('end\n');
    await this.exited.catch(() => {});
  }

  /** Lets it go on without us, until the leash gets SIGTERM. */
  keep(): void {
    this.child.stdin?.write('keep\n');
    this.child.stdin?.end();
    this.child.unref();
  }
}

/** The same command may run twice in a rehearsal; lines of the first must not be read for the second's. */
function unusedLog(base: string): string {
  for (let n = 1; ; n++) {
    const path = n === 1 ? `${base}.log` : `${base}-${n}.log`;
    if (!existsSync(path)) return path;
  }
}

/** A command of the rehearsal ended otherwise than it should. */
export class CommandFailed extends Error {
  constructor(message: string, readonly output: readonly string[]) {
    super(message);
  }
}
