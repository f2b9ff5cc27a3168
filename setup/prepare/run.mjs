import { spawn } from 'node:child_process';
import { mkdirSync, createWriteStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '');
export const cache = join(root, '.cache');

/** Ends the preparation with one sentence instead of a stack trace. */
export class Stop extends Error {
  constructor(sentence) {
    super(sentence);
    this.sentence = sentence;
  }
}

/** Progress goes to stderr: stdout belongs to the command that runs afterwards (`--json`). */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

const running = new Set();
for (const [signal, number] of [['SIGHUP', 1], ['SIGINT', 2], ['SIGTERM', 15]]) {
  process.once(signal, () => abandon(128 + number));
}
// Whoever started this may be killed: nobody waits for the rest then.
const parent = process.ppid;
setInterval(() => process.ppid === parent || abandon(143), 500).unref();

function abandon(code) {
  for (const child of running) kill(child, 'SIGKILL');
  process.exit(code);
}

function kill(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch { /* it ended by itself meanwhile */ }
}

/**
 * Runs an installer with its pages of output in a log; when it fails, both ends of it are shown.
 * In a group of its own, so that what it has started ends with it.
 */
export function run(what, command, args, options = {}) {
  mkdirSync(cache, { recursive: true });
  const log = join(cache, 'prepare.log');
  return new Promise((resolve, reject) => {
    const out = createWriteStream(log);
    out.on('open', (fd) => {
      const child = spawn(command, args, { cwd: root, stdio: ['ignore', fd, fd], detached: true, ...options });
      running.add(child);
      child.on('error', (error) => reject(new Stop(`${what} failed: ${error.message}.`)));
      child.on('exit', (code, signal) => {
        running.delete(child);
        out.close();
        if (code === 0) return resolve();
        reject(new Stop(`${what} failed (${signal ?? `exit ${code}`}):\n${ends(readFileSync(log, 'utf8'))}`));
      });
    });
  });
}

/** npm says first what is wrong, and pip last. */
function ends(output) {
  const lines = output.trimEnd().split('\n').map((line) => `  ${line}`);
  return (lines.length <= 20 ? lines : [...lines.slice(0, 8), '  …', ...lines.slice(-11)]).join('\n');
}
