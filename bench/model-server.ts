import { execFileSync } from 'node:child_process';
import * as path from 'node:path';
import type { Figure } from './figures';

const ROOT = path.join(__dirname, '..');

interface Measured {
  readonly results: ReadonlyArray<{ readonly processes: number; readonly throughputRatio: number; readonly server: object; readonly inProcess: object }>;
}

/** The wheel's model server against the same model called in its own process: see model_server.py. */
export function modelServer(): Figure[] {
  const printed = execFileSync(path.join(ROOT, '.venv', 'bin', 'python'), [path.join(__dirname, 'model_server.py')], {
    encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'],
  });
  return (JSON.parse(printed) as Measured).results.map(({ processes, throughputRatio, server, inProcess }) => ({
    name: `model server: requests per second over in-process, ${processes} process${processes > 1 ? 'es' : ''}`,
    value: throughputRatio, unit: '×', details: { server, inProcess },
    ...(processes === 1 && { goal: { least: 0.7 } }),
  }));
}
