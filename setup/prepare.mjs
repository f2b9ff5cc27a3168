#!/usr/bin/env node
// Installs what the npm scripts need, once; run before each of them, so a warm run must cost next to nothing.
// Plain Node without dependencies, in syntax that a Node far too old still parses: it has to say that it is too old.
//
//   node setup/prepare.mjs [--quiet] [node] [venv] [wheelhouse] [demo-model] [java]      (default: all but the last)
import { unsupported } from './prepare/check.mjs';

const problem = unsupported(process.platform, process.arch, process.versions.node);
if (problem) {
  console.error(problem);
  process.exit(2);
}

// Loaded only now: this part uses what Node 20 has.
import('./prepare/parts.mjs').then(({ prepare }) => prepare(process.argv.slice(2))).then(
  (code) => { process.exitCode = code; },
  (error) => {
    console.error(error.sentence ? error.sentence : error);
    process.exitCode = 2;
  },
);
