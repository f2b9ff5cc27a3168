// Bundles the command line with its libraries, so that the package brings none of them along.
//
//   node setup/build-cli.mjs [OUTFILE [METAFILE]]      (METAFILE: what is in it, as esbuild tells it)
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { root } from './prepare/run.mjs';

const [outfile = join(root, 'dist/graviton-tf.mjs'), metafile] = process.argv.slice(2);

const built = await build({
  absWorkingDir: root,
  entryPoints: ['bin/graviton-tf.ts'],
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  outfile,
  // Some of the bundled libraries are CommonJS and require Node's own modules; lib/ finds the package from its own place.
  banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url), __dirname = import.meta.dirname ?? require("node:path").dirname(require("node:url").fileURLToPath(import.meta.url));' },
  logLevel: 'warning',
  metafile: metafile !== undefined,
});
if (metafile !== undefined) writeFileSync(metafile, JSON.stringify(built.metafile));
chmodSync(outfile, 0o755);
