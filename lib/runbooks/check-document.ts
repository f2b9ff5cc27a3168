import { SCHEMA_VERSION, TIMEOUT_SECONDS, type DocumentContent } from './document-content';

type Fields = Record<string, unknown>;

/**
 * Refuses what Systems Manager, or its agent on the instance, would refuse or silently take for
 * something else: most of it would be seen only once someone needs the runbook.
 *
 * @param source parsed from YAML
 * @param file named in errors
 * @internal
 */
export function checkDocument(source: unknown, file: string): DocumentContent {
  const document = fieldsOf(source, file, ['schemaVersion', 'description', 'parameters', 'mainSteps']);
  if (document.schemaVersion !== SCHEMA_VERSION) {
    throw wrong(file, 'schemaVersion', document.schemaVersion, `"${SCHEMA_VERSION}", in quotes`);
  }
  const parameters = fieldsOf(document.parameters ?? {}, `${file}: parameters`);
  for (const [name, parameter] of Object.entries(parameters)) {
    checkParameter(name, parameter, file);
  }
  if (!Array.isArray(document.mainSteps) || document.mainSteps.length === 0) {
    throw wrong(file, 'mainSteps', document.mainSteps, 'a list of steps');
  }
  const names = document.mainSteps.map((step, index, all) => checkStep(step, index, all.length, file));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw wrong(file, 'mainSteps', `two steps "${twice}"`, 'a name of its own for each step');
  }
  const carriers = document.mainSteps.filter(({ carries }) => carries !== undefined);
  if (carriers.length > 1) {
    throw wrong(file, 'mainSteps', `${carriers.length} steps with "carries"`, 'one, whose script unpacks them for all');
  }
  return { ...document, parameters } as unknown as DocumentContent;
}

/**
 * Refuses a value that the parameter would not take.
 *
 * @internal
 */
export function checkDefault(name: string, parameter: Fields, file: string): void {
  const value = parameter.default;
  const where = `${file}: parameter "${name}"`;
  if (typeof value !== 'string') {
    throw wrong(where, 'default', value, 'a text: in YAML, put it in quotes');
  }
  const { allowedPattern, allowedValues } = parameter as { allowedPattern?: string; allowedValues?: string[] };
  if (allowedPattern !== undefined && !new RegExp(allowedPattern).test(value)) {
    throw wrong(where, 'default', value, `what allowedPattern takes, ${allowedPattern}`);
  }
  if (allowedValues !== undefined && !allowedValues.includes(value)) {
    throw wrong(where, 'default', value, `one of allowedValues, ${allowedValues.join(', ')}`);
  }
}

function checkParameter(name: string, source: unknown, file: string): void {
  const where = `${file}: parameter "${name}"`;
  if (!/^[A-Za-z]\w*$/.test(name)) {
    throw wrong(file, 'parameters', `the name "${name}"`, 'letters, digits and "_", since scripts read it as $SSM_<name>');
  }
  const parameter = fieldsOf(source, where, ['type', 'description', 'default', 'allowedPattern', 'allowedValues', 'interpolationType', 'displayType', 'minChars', 'maxChars']);
  if (parameter.type !== 'String') {
    throw wrong(where, 'type', parameter.type, 'String, which alone can be passed as a variable');
  }
  // Anything else is pasted into the script as text: an injection.
  if (parameter.interpolationType !== 'ENV_VAR') {
    throw wrong(where, 'interpolationType', parameter.interpolationType, 'ENV_VAR');
  }
  if (parameter.allowedPattern === undefined && !Array.isArray(parameter.allowedValues)) {
    throw wrong(where, 'allowedPattern', parameter.allowedPattern, 'a pattern, or allowedValues');
  }
  // The agent searches for the pattern rather than matching the whole value, by Go's syntax.
  if (parameter.allowedPattern !== undefined && !isAnchoredForGo(parameter.allowedPattern)) {
    throw wrong(where, 'allowedPattern', parameter.allowedPattern, 'a pattern from "^" to "$" without lookaround and back-references');
  }
  if (parameter.default !== undefined) {
    checkDefault(name, parameter, file);
  }
}

function isAnchoredForGo(pattern: unknown): boolean {
  if (typeof pattern !== 'string' || !/^\^.*\$$/s.test(pattern) || /\(\?[=!<]|\\[1-9]/.test(pattern)) {
    return false;
  }
  try {
    return new RegExp(pattern) instanceof RegExp;
  } catch {
    return false;
  }
}

/** @returns the step's name */
function checkStep(source: unknown, index: number, count: number, file: string): string {
  const step = fieldsOf(source, `${file}: step ${index + 1}`, ['action', 'name', 'precondition', 'packed', 'carries', 'inputs']);
  if (typeof step.name !== 'string' || !/^[A-Za-z0-9_-]{3,64}$/.test(step.name)) {
    throw wrong(`${file}: step ${index + 1}`, 'name', step.name, '3 to 64 letters, digits, "_" and "-"');
  }
  const where = `${file}: step "${step.name}"`;
  if (step.action !== 'aws:runShellScript') {
    throw wrong(where, 'action', step.action, 'aws:runShellScript');
  }
  if (step.packed !== undefined && step.packed !== true) {
    throw wrong(where, 'packed', step.packed, 'true');
  }
  if (step.carries !== undefined && !isListOfNames(step.carries)) {
    throw wrong(where, 'carries', step.carries, 'a list of names of files and folders');
  }
  const inputs = fieldsOf(step.inputs, `${where}: inputs`, ['runCommand', 'timeoutSeconds', 'workingDirectory', 'onFailure', 'onSuccess', 'finallyStep']);
  const files = inputs.runCommand;
  if (!isListOfNames(files)) {
    throw wrong(where, 'runCommand', files, 'a list of file names');
  }
  const seconds = inputs.timeoutSeconds;
  if (!Number.isInteger(seconds) || Number(seconds) < TIMEOUT_SECONDS.least || Number(seconds) > TIMEOUT_SECONDS.most) {
    throw wrong(where, 'timeoutSeconds', seconds, `a whole number from ${TIMEOUT_SECONDS.least} to ${TIMEOUT_SECONDS.most}: the agent makes an hour of any other`);
  }
  if (inputs.onFailure !== undefined && !['exit', 'successAndExit'].includes(String(inputs.onFailure))) {
    throw wrong(where, 'onFailure', inputs.onFailure, 'exit or successAndExit');
  }
  if (inputs.onSuccess !== undefined && inputs.onSuccess !== 'exit') {
    throw wrong(where, 'onSuccess', inputs.onSuccess, 'exit');
  }
  if (inputs.finallyStep !== undefined && (inputs.finallyStep !== true || index < count - 1)) {
    throw wrong(where, 'finallyStep', inputs.finallyStep, 'true, in the last step only: the agent ignores it in any other');
  }
  return step.name;
}

function isListOfNames(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === 'string' && name !== '');
}

/** An object's fields; with `allowed`, no other ones. */
function fieldsOf(value: unknown, where: string, allowed?: readonly string[]): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error(`${where}: got ${shown(value)}; allowed are keys and values.`);
  }
  const unknown = allowed && Object.keys(value).find((key) => !allowed.includes(key));
  if (unknown !== undefined) {
    throw new Error(`${where}: got the key "${unknown}"; allowed are ${allowed!.join(', ')}.`);
  }
  return value as Fields;
}

function wrong(where: string, key: string, got: unknown, allowed: string): Error {
  return new Error(`${where}: ${key}: got ${shown(got)}; allowed is ${allowed}.`);
}

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : typeof value === 'string' && value.includes('"') ? value : JSON.stringify(value);
}
