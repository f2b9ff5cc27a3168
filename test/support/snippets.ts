import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import * as ts from 'typescript';

export const ROOT = path.join(__dirname, '..', '..');

/** A code block of a Markdown file. */
export interface Snippet {
  /** Where it stands, for messages: file and line. */
  readonly place: string;
  readonly code: string;
}

/** The blocks that are fenced as `ts` or `typescript`, within lists and quotes too. */
export function typescriptIn(markdown: string, file: string): Snippet[] {
  const snippets: Snippet[] = [];
  let open: { place: string; indent: string; fence: string; typescript: boolean; code: string[] } | undefined;
  markdown.split('\n').forEach((line, index) => {
    const [, indent = '', fence, language] = /^([\s>]*)(`{3,}|~{3,})\s*(\w*)/.exec(line) ?? [];
    if (open === undefined && fence !== undefined) {
      open = { place: `${file}:${index + 1}`, indent, fence, typescript: /^(ts|typescript)$/i.test(language), code: [] };
    } else if (open !== undefined && fence !== undefined && fence.startsWith(open.fence) && language === '') {
      if (open.typescript) {
        snippets.push({ place: open.place, code: open.code.join('\n') });
      }
      open = undefined;
    } else {
      open?.code.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line.trimStart());
    }
  });
  if (open !== undefined) {
    throw new Error(`${open.place}: the code block does not end`);
  }
  return snippets;
}

/** The errors of snippets, as `place:line: message`; all are compiled at once, since reading aws-cdk-lib takes seconds. */
export function typeErrors(snippets: Snippet[]): string[] {
  const { config } = ts.readConfigFile(path.join(ROOT, 'tsconfig.json'), (name) => readFileSync(name, 'utf8'));
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, ROOT);
  const host = ts.createCompilerHost(options);
  const texts = new Map(snippets.map(({ code }, index) => [path.join(ROOT, `snippet-${index}.ts`), `${code}\nexport {};\n`]));
  const read = host.readFile.bind(host);
  host.readFile = (name) => texts.get(name) ?? read(name);
  host.fileExists = (name) => texts.has(name) || existsSync(name);
  const program = ts.createProgram([...texts.keys()], {
    ...options, noEmit: true, noUnusedLocals: false, types: ['node'],
    // As it is for who has installed the package.
    paths: { 'graviton-tensorflow': [path.join(ROOT, 'lib', 'index.ts')] },
  }, host);
  return [...texts.keys()].flatMap((name, index) => {
    const source = program.getSourceFile(name)!;
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(({ start = 0, messageText }) =>
      `${snippets[index].place}:${source.getLineAndCharacterOfPosition(start).line + 1}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`);
  });
}
