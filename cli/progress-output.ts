import { ListrLogger, ProcessOutput } from 'listr2';

/** Progress goes to stderr: stdout holds the result alone. */
export function progressLogger<Levels extends string>(): ListrLogger<Levels> {
  return new ListrLogger<Levels>({ processOutput: new ProcessOutput(process.stderr, process.stderr), useIcons: false });
}
