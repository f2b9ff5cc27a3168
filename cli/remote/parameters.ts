import { type Command } from 'commander';
import { CannotTell } from '../cannot-tell';

/** A runbook's parameters as Run Command takes them; what was not given stays at the document's default. */
export function parametersOf(values: Readonly<Record<string, string | number | boolean | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined).map(([name, value]) => [name, String(value)]));
}

/** Parameters that have no option of their own, such as mirrors of what a runbook downloads. */
export interface ParameterOptions {
  readonly parameter?: readonly string[];
}

export function addParameters(command: Command): Command {
  return command.option('--parameter <name=value...>', 'more of the runbook\'s parameters, as its document has them');
}

/** With what options say already: a parameter is given in one place. */
export function withMore(parameters: Readonly<Record<string, string>>, { parameter = [] }: ParameterOptions): Record<string, string> {
  const all = { ...parameters };
  for (const given of parameter) {
    const [, name, value] = /^([A-Za-z]\w*)=([^]*)$/.exec(given) ?? [];
    if (name === undefined) throw new CannotTell(`--parameter is "${given}": give a name and a value, such as Seconds=30.`);
    if (name in all) throw new CannotTell(`--parameter ${name} is given twice, or by another option already: give it once.`);
    all[name] = value;
  }
  return all;
}
