import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Workspace, writeScript } from '../../rehearsal/workspace';

/**
 * A Python that makes virtual environments of itself, installs nothing, and has each program of `tuning` print the
 * event that its file below the instance's root holds: what the documents need beside the rights to run at all.
 */
const python = `#!/bin/bash
case "$1 $2" in
  '-m venv') mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
  '-m tuning.'*) cat "$GTF_ROOT/$2" ;;
esac
`;

const long = Array.from({ length: 300 }, (_, index) => index);

/** What the instance's Python and its programs say in place of TensorFlow, whose work has tests of its own. */
export class TuningStandIn {
  /** Goes first on the instance's PATH. */
  readonly binaries: string;

  constructor(workspace: Workspace) {
    this.binaries = workspace.directory('tuning');
    // The first name that the runbooks look for.
    writeScript(join(this.binaries, 'python3.12'), python);
  }

  /** A model below the instance's root, and reports about it that do not fit into what Run Command keeps. */
  prepare(root: string): { readonly model: string; readonly entries: number } {
    const model = join(root, 'srv/model');
    mkdirSync(join(model, '2'), { recursive: true });
    writeFileSync(join(model, '2/saved_model.pb'), 'optimized');
    const said = (program: string, report: object) => writeFileSync(join(root, program), `${JSON.stringify({ event: 'report', report: { schemaVersion: 1, exitCode: 0, omitted: 0, ...report } })}\n`);
    said('tuning.optimize', {
      kind: 'optimization', outcome: 'published', reason: 'Version 2 is 1.4 times as fast.',
      model: { path: model, version: 1, format: 'saved-model', signatures: [] }, published: { version: 2, path: join(model, '2') },
      before: { kernels: long.map((height) => ({ primitive: 'convolution', implementation: 'gemm:ref', kind: 'reference', shape: `mb1_ic3oc64_ih${height}oh${height}kh7sh2dh0ph3`, count: 1, milliseconds: 1.5, share: 0.003 })) },
    });
    said('tuning.benchmark', {
      kind: 'benchmark', software: {},
      scenarios: [{ scenario: 'SingleStream', valid: false, throughput: 500, summary: Object.fromEntries(long.map((row) => [`row ${row}`, 'x'.repeat(20)])), overTime: [...long, ...long, ...long, ...long].map((second) => [second, 512.125]) }],
    });
    return { model, entries: long.length };
  }
}
