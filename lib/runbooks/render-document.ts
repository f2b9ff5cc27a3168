import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import { type CarriedFiles, carriedLines, packedFiles, sha256Of } from './carried-files';
import { checkDefault, checkDocument } from './check-document';
import { compactLines, packedPython } from './compact-script';
import { MOST_DOCUMENT_BYTES, MOST_SCRIPT_BYTES, type DocumentContent, type DocumentParameter, type DocumentStep } from './document-content';

/** Values that the source leaves open. @internal */
export interface RenderOptions {
  /** Defaults of parameters, by the parameter's name. */
  readonly defaults?: { readonly [parameter: string]: string };
  /** Parameters that who runs the document may not choose: their pattern then takes the default alone. */
  readonly fixed?: readonly string[];
  /** Defaults that cannot be looked at here, since they are only known at deployment. */
  readonly deployedDefaults?: { readonly [parameter: string]: string };
  /**
   * Keeps the files that a document carries but cannot hold, and gives the URL to fetch them from. Without
   * it such a document is refused for its size.
   */
  readonly store?: (carried: Buffer) => string;
}

/**
 * The Command document of a folder: its `document.yaml`, with the lines of the files that each
 * step's `runCommand` names, relative to the folder, in the place of their names. So a script stays
 * a file that is linted and run elsewhere. The last file's shebang tells how a step is run, and
 * becomes its first line. Comments are left out; a step that says `packed: true` is compressed.
 *
 * A step's `carries` lists files and folders that its script gets as one compressed piece, by the variables
 * CARRIED and CARRIED_SHA256: in the document where it has room for them, else as the URL of where they are.
 *
 * Used at synth and, bundled, by the command line: imports nothing of aws-cdk-lib.
 *
 * @throws in one sentence on whatever the service would refuse, or the agent misread
 * @internal
 */
export function renderDocument(folder: string, options: RenderOptions = {}): DocumentContent {
  const file = path.join(folder, 'document.yaml');
  const source = checkDocument(parse(file), file);
  const parameters = withFixed(withDefaults(source.parameters, options.defaults ?? {}, options.deployedDefaults ?? {}, file), options.fixed ?? [], file);
  const rendered = (carried?: CarriedFiles): DocumentContent => ({
    ...source, parameters, mainSteps: source.mainSteps.map((step) => renderStep(step, folder, `${file}: step "${step.name}"`, carried)),
  });
  const carrier = source.mainSteps.find(({ carries }) => carries !== undefined);
  const packed = carrier && packedFiles(folder, carrier.carries!, `${file}: step "${carrier.name}"`);
  let document = rendered(packed && { source: packed.toString('base64'), sha256: sha256Of(packed) });
  if (packed && options.store !== undefined && bytesOf(document) > MOST_DOCUMENT_BYTES) {
    document = rendered({ source: options.store(packed), sha256: sha256Of(packed) });
  }
  const bytes = bytesOf(document);
  if (bytes > MOST_DOCUMENT_BYTES) {
    const largest = document.mainSteps.map(({ name, inputs }) => ({ name, size: Buffer.byteLength(inputs.runCommand.join('\n')) })).sort((a, b) => b.size - a.size);
    throw new Error(`${file}: got ${bytes} bytes as JSON; allowed are ${MOST_DOCUMENT_BYTES}. The largest steps: ${largest.slice(0, 3).map(({ name, size }) => `${name} ${size}`).join(', ')}.`);
  }
  return document;
}

function bytesOf(document: DocumentContent): number {
  return Buffer.byteLength(JSON.stringify(document));
}

function renderStep({ packed, carries, ...step }: DocumentStep, folder: string, where: string, carried?: CarriedFiles): DocumentStep {
  const [shebang, ...body] = joined(step.inputs.runCommand.map((name) => path.join(folder, name)), where);
  const lines = compactLines(body);
  if (packed && !/\bpython3$/.test(shebang)) {
    throw new Error(`${where}: packed: got a script that begins with "${shebang}"; allowed are Python's.`);
  }
  const variables = carries && carried ? carriedLines(carried) : [];
  return { ...step, inputs: { ...step.inputs, runCommand: [shebang, ...variables, ...(packed ? packedPython(step.name, lines) : lines)] } };
}

function parse(file: string): unknown {
  const text = read(file, file);
  const lines = new LineCounter();
  const parsed = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (parsed.errors.length > 0) {
    const [error] = parsed.errors;
    throw new Error(`${file}:${lines.linePos(error.pos[0]).line}: got ${error.message.replace(/\.$/, '')}; allowed is YAML.`);
  }
  return parsed.toJS();
}

function withDefaults(
  parameters: DocumentContent['parameters'], defaults: { readonly [parameter: string]: string }, deployed: { readonly [parameter: string]: string }, file: string,
): { [name: string]: DocumentParameter } {
  const unknown = Object.keys({ ...defaults, ...deployed }).find((name) => !Object.hasOwn(parameters, name));
  if (unknown !== undefined) {
    throw new Error(`${file}: got a default for the parameter "${unknown}"; allowed are ${Object.keys(parameters).join(', ') || 'none'}.`);
  }
  return Object.fromEntries(Object.entries(parameters).map(([name, parameter]) => {
    if (Object.hasOwn(deployed, name)) {
      return [name, { ...parameter, default: deployed[name] }];
    }
    if (!Object.hasOwn(defaults, name)) {
      return [name, parameter];
    }
    const set = { ...parameter, default: defaults[name] };
    refuseBraces(set.default, `${file}: parameter "${name}": default`);
    checkDefault(name, set, file);
    return [name, set];
  }));
}

/** By the pattern, at which the agent looks as well as the service. */
function withFixed(parameters: DocumentContent['parameters'], fixed: readonly string[], file: string): { [name: string]: DocumentParameter } {
  const unknown = fixed.find((name) => parameters[name]?.default === undefined);
  if (unknown !== undefined) {
    throw new Error(`${file}: got the fixed parameter "${unknown}"; allowed are parameters with a default.`);
  }
  return Object.fromEntries(Object.entries(parameters).map(([name, parameter]) => {
    if (!fixed.includes(name)) {
      return [name, parameter];
    }
    const { allowedValues: _, ...rest } = parameter;
    return [name, { ...rest, allowedPattern: `^${patternOf(parameter.default!)}$` }];
  }));
}

/** What is only known at deployment stays as it is: there it holds names of AWS's, in which "." is all that means more in a pattern. */
function patternOf(text: string): string {
  return text.split(/(\$\{Token\[[^\]]*\]\})/).map((part, index) => (index % 2 ? part : part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))).join('');
}

/** The lines of a step: those of all its files, under the last one's shebang. */
function joined(files: readonly string[], where: string): string[] {
  const scripts = files.map((file) => script(file, where));
  const { file, shebang } = scripts[scripts.length - 1];
  if (shebang === undefined) {
    throw new Error(`${file}: got a first line without "#!" in ${where}; allowed is a script whose shebang names its language.`);
  }
  const other = scripts.find((candidate) => candidate.shebang !== undefined && candidate.shebang !== shebang);
  if (other !== undefined) {
    throw new Error(`${other.file}: got "${other.shebang}" before "${shebang}" in ${where}; allowed is one language a step.`);
  }
  return [shebang, ...scripts.flatMap(({ body }) => body)];
}

function script(file: string, where: string): { file: string; shebang?: string; body: string[] } {
  const text = read(file, where);
  const bytes = Buffer.byteLength(text);
  if (bytes > MOST_SCRIPT_BYTES) {
    throw new Error(`${file}: got ${bytes} bytes; allowed are ${MOST_SCRIPT_BYTES}.`);
  }
  if (text.includes('\r')) {
    throw new Error(`${file}: got carriage returns; allowed are lines that end in a line feed alone.`);
  }
  const lines = text.replace(/\n$/, '').split('\n');
  return lines[0].startsWith('#!') ? { file, shebang: lines[0], body: lines.slice(1) } : { file, body: lines };
}

function read(file: string, where: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`${where}: got "${file}", which cannot be read (${(error as NodeJS.ErrnoException).code}); allowed is a file that exists.`);
  }
  refuseBraces(text, file);
  return text;
}

/** The service takes what is between double braces for a parameter, whose value it pastes in as text. */
function refuseBraces(text: string, where: string): void {
  const line = text.split('\n').findIndex((candidate) => candidate.includes('{{'));
  if (line >= 0) {
    throw new Error(`${where}:${line + 1}: got "{{"; allowed are single braces: parameters are read as $SSM_<name>.`);
  }
}
