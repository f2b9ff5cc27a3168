import type { Command } from 'commander';
import { CannotTell } from '../cannot-tell';
import { wholeNumber } from '../options';

/** Which instances, and by which document: the same options for every command that sends a runbook. */
export interface SelectionOptions {
  readonly stack?: string;
  readonly instance?: readonly string[];
  readonly tag?: string;
  readonly region?: string;
  readonly document?: string;
  readonly deliverySeconds: number;
}

/** Each chooses the instances; a command adds its own sources that need none. */
export const remoteSources = ['stack', 'instance', 'tag'] as const;

/** Options that only those have a use for. */
export const remoteOnly = ['region', 'document', 'deliverySeconds'] as const;

/** What SendCommand takes. */
const mostInstances = 50;

export function addSelection(command: Command): Command {
  return command
    .option('-s, --stack <name>', 'all instances of this CloudFormation stack')
    .option('-i, --instance <id...>', 'these instances')
    .option('-t, --tag <key=value>', 'all instances with this tag')
    .option('-r, --region <region>', 'AWS region (default: the AWS configuration\'s)')
    .option('-d, --document <name>', 'the runbook\'s SSM document, where several stacks have one')
    .option('--delivery-seconds <seconds>', 'how long an instance may take to receive the command, 30 to 3600', wholeNumber('--delivery-seconds', 30, 3600), 120);
}

/** What can be told wrong of it before anything is asked of AWS. */
export function checkSelection({ tag, instance }: SelectionOptions): void {
  if (tag !== undefined) parseTag(tag);
  if (instance) checkInstances(instance);
}

export function parseTag(tag: string): readonly [key: string, value: string] {
  const at = tag.indexOf('=');
  if (at < 1 || at === tag.length - 1) throw new CannotTell(`--tag is "${tag}": give a key and a value, such as environment=production.`);
  return [tag.slice(0, at), tag.slice(at + 1)];
}

function checkInstances(ids: readonly string[]): void {
  const wrong = ids.find((id) => !/^(i-[0-9a-f]{8}|m?i-[0-9a-f]{17})$/.test(id));
  if (wrong !== undefined) throw new CannotTell(`--instance is "${wrong}": give an instance's id, such as i-0123456789abcdef0.`);
  if (new Set(ids).size > mostInstances) throw new CannotTell(`--instance names ${new Set(ids).size} instances, and one command takes ${mostInstances}: choose them with --tag.`);
}
