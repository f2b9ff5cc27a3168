import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Outcome, repository } from '../run-cli';

interface Metafile {
  readonly inputs: Readonly<Record<string, { readonly imports: ReadonlyArray<{ readonly path: string; readonly kind: string; readonly external?: boolean }> }>>;
}

/** The command line as it is installed: bundled, in a package with what it reads, and nothing else of the checkout. */
export class Package {
  readonly folder = mkdtempSync(join(tmpdir(), 'graviton-tf-package-'));
  readonly metafile: Metafile;

  constructor() {
    const metafile = join(this.folder, 'meta.json');
    const built = spawnSync(process.execPath, [join(repository, 'setup/build-cli.mjs'), join(this.folder, 'dist/graviton-tf.mjs'), metafile], { encoding: 'utf8' });
    if (built.status !== 0) throw new Error(built.stderr);
    this.metafile = JSON.parse(readFileSync(metafile, 'utf8')) as Metafile;
    for (const part of ['package.json', 'userdata/bootstrap.sh', 'cli/page', 'cli/diagnose/page', 'rehearsal/agent', 'rehearsal/__init__.py', 'runbooks/troubleshoot/analyze.py']) {
      cpSync(join(repository, part), join(this.folder, part), { recursive: true });
    }
  }

  /** Steps of its own in the place of the runbook's: shell scripts by their step's name. */
  runbook(scripts: Readonly<Record<string, string>>): void {
    const folder = join(this.folder, 'runbooks/troubleshoot');
    mkdirSync(folder, { recursive: true });
    const parameters = ['LogPath', 'Server', 'BatchSize', 'Requests', 'ShadowSeconds', 'KernelFloor', 'EndOfPatch']
      .map((name) => `  ${name}: { type: String, interpolationType: ENV_VAR, default: '', allowedPattern: '^[A-Za-z0-9 ._:=/-]*$' }`);
    const steps = Object.keys(scripts).map((name) => `  - name: ${name}
    action: aws:runShellScript
    precondition: { StringEquals: [platformType, Linux] }
    inputs: { timeoutSeconds: 60, ${name === 'CleanUp' ? 'finallyStep: true, ' : ''}${name === 'Prepare' ? 'onFailure: exit, ' : ''}runCommand: [${name}.sh] }`);
    writeFileSync(join(folder, 'document.yaml'), ['schemaVersion: \'2.2\'', 'parameters:', ...parameters, 'mainSteps:', ...steps, ''].join('\n'));
    for (const [name, script] of Object.entries(scripts)) writeFileSync(join(folder, `${name}.sh`), `#!/bin/bash\n${script}\n`);
  }

  start(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    const child = spawn(process.execPath, [join(this.folder, 'dist/graviton-tf.mjs'), ...args], {
      cwd: this.folder, env: { PATH: process.env.PATH ?? '', HOME: '/nonexistent', TMPDIR: this.folder, ...environment }, stdio: ['ignore', 'pipe', 'pipe'], detached: true,
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data) => { stdout += String(data); });
    child.stderr.on('data', (data) => { stderr += String(data); });
    return { child, said: () => stderr, ended: new Promise<Outcome>((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr }))) };
  }

  /** Files that are read when nothing but the command line itself is loaded. */
  loadedAtStart(): Set<string> {
    const seen = new Set<string>();
    const visit = (path: string) => {
      if (seen.has(path) || !this.metafile.inputs[path]) return;
      seen.add(path);
      for (const { path: next, kind } of this.metafile.inputs[path].imports) if (kind !== 'dynamic-import') visit(next);
    };
    visit('bin/graviton-tf.ts');
    return seen;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}
