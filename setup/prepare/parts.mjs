import { basename } from 'node:path';
import { withLock } from './lock.mjs';
import { root, say, Stop } from './run.mjs';
import * as nodeModules from './node-modules.mjs';
import * as venv from './venv.mjs';
import * as wheelhouse from './wheelhouse.mjs';
import * as demoModel from './demo-model.mjs';
import * as java from './java.mjs';

/** In the order in which they build on each other. Each has `title`, `isWarm()` and `build()`. */
const parts = new Map([
  ['node', nodeModules],
  ['venv', venv],
  ['wheelhouse', wheelhouse],
  ['demo-model', demoModel],
  ['java', java],
]);

/** Its test alone needs it, and Maven: asked for by name. */
const onRequest = new Set(['java']);

/** The downloads are made by the virtual environment's pip. */
const needsVenv = new Set(['wheelhouse', 'demo-model', 'java']);

export async function prepare(args) {
  const quiet = args.includes('--quiet');
  const asked = args.filter((arg) => arg !== '--quiet');
  for (const name of asked) {
    if (!parts.has(name)) {
      throw new Stop(`${basename('setup/prepare.mjs')} knows no part "${name}"; it knows ${[...parts.keys()].join(', ')} and --quiet.`);
    }
  }
  const wanted = new Set(asked.length ? asked : [...parts.keys()].filter((name) => !onRequest.has(name)));
  if ([...wanted].some((name) => needsVenv.has(name))) wanted.add('venv');
  const chosen = [...parts].filter(([name]) => wanted.has(name)).map(([, part]) => part);

  if (chosen.some((part) => !part.isWarm())) {
    await withLock(async () => {
      for (const part of chosen) {
        // Asked again under the lock: whoever held it may have built this.
        if (part.isWarm()) continue;
        const started = Date.now();
        say(`preparing ${part.title} …`);
        await part.build();
        say(`  done in ${Math.round((Date.now() - started) / 1000)} s`);
      }
    });
  }
  if (!quiet) say(`ready in ${root}: ${chosen.map((part) => part.title).join(', ')}`);
  return 0;
}
