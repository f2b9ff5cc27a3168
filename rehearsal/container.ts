import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Check {
  readonly what: string;
  readonly passed: boolean;
}

export interface ContainerRun {
  readonly image: string;
  /** The serving script and its flags. */
  readonly command: readonly string[];
  /** The whole `docker run` as it was called. */
  readonly argv: readonly string[];
  readonly checks: readonly Check[];
}

/** What the stand-in for Docker recorded on an instance; its `run` is checked for what shuts the container in. */
export function readContainerRun(root: string): ContainerRun {
  const path = join(root, 'var/log/docker.jsonl');
  const calls = existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n').map((line) => JSON.parse(line) as string[]) : [];
  const runs = calls.filter(([verb]) => verb === 'run');
  if (runs.length !== 1) throw new Error(`the boot called docker run ${runs.length} times, expected 1`);
  const argv = runs[0];
  // `GTF_COMMAND` is the first path behind the image, and flags of docker's own come before both.
  const script = argv.findIndex((word, i) => i > 0 && word.startsWith('/') && !argv[i - 1].startsWith('-'));
  const image = argv[script - 1];
  const options = argv.slice(0, script - 1);
  const command = argv.slice(script);
  const has = (...words: string[]) => options.some((_, i) => words.every((word, k) => options[i + k] === word));
  const values = (flag: string) => options.filter((_, i) => options[i - 1] === flag);
  return {
    image,
    command,
    argv: ['docker', ...argv],
    checks: [
      { what: 'the image was pulled before it was run', passed: calls.findIndex(([verb]) => verb === 'pull') < calls.indexOf(argv) && calls.some((call) => call[0] === 'pull' && call.at(-1) === image) },
      { what: 'no capabilities', passed: has('--cap-drop', 'ALL') && !options.includes('--cap-add') && !options.includes('--privileged') },
      { what: 'no new privileges', passed: has('--security-opt', 'no-new-privileges') },
      { what: 'a read-only root file system', passed: options.includes('--read-only') },
      { what: 'a memory limit', passed: values('--memory').some((bytes) => Number(bytes) > 0) },
      { what: 'bridge networking, which does not reach the role\'s credentials', passed: values('--network').every((network) => network === 'bridge') },
      { what: 'the model read-only', passed: values('--volume').some((volume) => volume.endsWith(':/models:ro')) },
      { what: 'the serving environment', passed: values('--env-file').some((file) => file.endsWith('/etc/graviton-tf/serving.env')) },
      { what: 'thread pools as flags, since the image honours no variable for them', passed: command.some((flag) => /^--tensorflow_intra_op_parallelism=[1-9]/.test(flag)) && command.some((flag) => /^--tensorflow_inter_op_parallelism=[1-9]/.test(flag)) },
    ],
  };
}
