import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { CannotTell } from './cannot-tell';
import { Terminal } from './terminal';

interface RehearseOptions {
  readonly model?: string;
  readonly request?: string;
  readonly keep?: boolean;
  readonly json?: boolean;
}

/** `graviton-tf rehearse`: the whole way from `cdk deploy` to a prediction, on this machine. */
export function rehearseCommand(done: (exitCode: number) => void): Command {
  return new Command('rehearse')
    .description('Deploys to an AWS embedded in this machine, boots the instance\'s user data here, and asks it for a prediction.')
    .option('-m, --model <directory>', 'your model: a SavedModel, or a directory with <version>/saved_model.pb')
    .option('-q, --request <file>', 'your request: the JSON body of a :predict, such as {"instances": [[1.0, 2.0]]}')
    .option('-k, --keep', 'leave the server and the embedded AWS running; the summary says how to stop them')
    .option('--json', 'print the summary as one JSON document (progress goes to stderr)')
    .addHelpText('after', '\nWithout --model it serves a model that names the notes in music, and plays it a tone.'
      + '\nExit code: 0 the server answered, 1 something failed, 2 the rehearsal could not start.')
    .action(async (options: RehearseOptions) => done(await rehearse(options)));
}

async function rehearse(options: RehearseOptions): Promise<number> {
  const { Project } = await import('../rehearsal/project');
  const { fileQuestion, toneQuestion } = await import('../rehearsal/prediction');
  const { performRehearsal } = await import('./perform-rehearsal');
  const { renderRehearsal } = await import('./rehearsal-summary');

  const project = Project.find();
  check(options);
  const report = await performRehearsal(project, {
    model: options.model ? resolve(options.model) : project.demoModel,
    question: options.request ? fileQuestion(options.request) : toneQuestion(),
  }, Boolean(options.keep));
  const stdout = new Terminal(process.stdout);
  if (options.json) stdout.line(JSON.stringify(report, undefined, 2));
  else renderRehearsal(report, stdout);
  if (report.outcome === 'interrupted') return 130;
  if (report.failure?.prerequisite) return 2;
  return report.outcome === 'passed' ? 0 : 1;
}

/** What can be told wrong before anything is started. */
function check({ model, request }: RehearseOptions): void {
  if (model !== undefined && request === undefined) {
    throw new CannotTell('--model needs --request as well: a file with the JSON body of a :predict, such as {"instances": [[1.0, 2.0]]}.');
  }
  if (model !== undefined && !statSync(model, { throwIfNoEntry: false })?.isDirectory()) {
    throw new CannotTell(`--model ${model} is no directory: give a SavedModel, or a directory with <version>/saved_model.pb.`);
  }
  if (request !== undefined) checkRequest(request);
}

function checkRequest(path: string): void {
  let body: unknown;
  try {
    body = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'is not there' : `is no JSON (${(error as Error).message})`;
    throw new CannotTell(`--request ${path} ${reason}: give a file with the body of a :predict, such as {"instances": [[1.0, 2.0]]}.`);
  }
  if (typeof body !== 'object' || body === null || !('instances' in body || 'inputs' in body)) {
    throw new CannotTell(`--request ${path} has neither "instances" nor "inputs": give the body of a :predict, such as {"instances": [[1.0, 2.0]]}.`);
  }
}
