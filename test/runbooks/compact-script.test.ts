import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { compactLines, packedPython } from '../../lib/runbooks/compact-script';
import { folderWith } from '../support/saved-models';

const ROOT = path.join(__dirname, '..', '..');
const TROUBLESHOOT = path.join(ROOT, 'runbooks', 'troubleshoot');
const PYTHON = path.join(ROOT, '.venv', 'bin', 'python');

/** The syntax tree of the program on stdin without its docstrings, which nothing runs. */
const TREE = `
import ast, sys
tree = ast.parse(sys.stdin.read())
for node in ast.walk(tree):
    if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node) is not None:
        node.body = node.body[1:] or [ast.Pass()]
print(ast.dump(tree))
`;

const tree = (program: string): string => execFileSync(PYTHON, ['-c', TREE], { input: program, encoding: 'utf8', maxBuffer: 2 ** 26 });

/** A shell program as bash itself understands it, in its own layout; it prints an empty line for a comment. */
const understood = (program: string): string => execFileSync('bash', ['--pretty-print'], { input: program, encoding: 'utf8' }).replace(/\n+/g, '\n').trim();

const compacted = (program: string): string => `${compactLines(program.split('\n')).join('\n')}\n`;

// All of them, so that a new script is compared too.
const files = (extension: string): string[] => readdirSync(TROUBLESHOOT).filter((name) => name.endsWith(extension)).map((name) => path.join(TROUBLESHOOT, name));

describe('a compacted script', () => {
  test('has no comments, no empty lines, no docstrings of one line, and a quarter of the indentation', () => {
    expect(compactLines(['# why', 'def f(a,', '      b):', '    # why', '', '    if a:', '        return b  # kept', '   '])).toEqual([
      'def f(a,', '      b):', ' if a:', '  return b  # kept',
    ]);
    expect(compactLines(['def f():', '    """Why."""', '    return g(', '        """kept"""', '    )'])).toEqual(['def f():', ' return g(', '  """kept"""', ' )']);
  });

  test('keeps a docstring that is all there is', () => {
    expect(compactLines(['class Cut(Exception):', '    """Why."""', 'raise Cut'])).toEqual(['class Cut(Exception):', ' """Why."""', 'raise Cut']);
  });

  test.each(files('.py').map((file) => [path.basename(file), file]))('%s is the same program', (_, file) => {
    const program = readFileSync(file, 'utf8');

    expect(tree(compacted(program))).toBe(tree(program));
    expect(compacted(program).length).toBeLessThan(program.length);
  });

  test.each([...files('.sh'), path.join(ROOT, 'userdata', 'phases', 'serving-environment.sh')].map((file) => [path.basename(file), file]))('%s is the same program', (_, file) => {
    const program = readFileSync(file, 'utf8');

    expect(understood(compacted(program))).toBe(understood(program));
  });

  test('that differs would be found', () => {
    expect(tree(compacted('text = """\n    a\n\n# b\n"""\n'))).not.toBe(tree('text = """\n    a\n\n# b\n"""\n'));
    expect(understood(compacted('cat <<E\n\n# b\nE\n'))).not.toBe(understood('cat <<E\n\n# b\nE\n'));
  });
});

test('a packed script runs as it stands, with its own output, arguments and exit code', () => {
  const lines = ['import sys', 'if __name__ == "__main__":', ' print("é", sys.argv[1:], file=sys.stderr)', ' sys.exit(3)'];
  const script = path.join(folderWith([]), 'packed.py');
  writeFileSync(script, packedPython('Collect', lines).join('\n'));
  const { status, stderr } = spawnSync(PYTHON, [script, 'a b'], { encoding: 'utf8', env: { PYTHONIOENCODING: 'utf-8' } });

  expect({ status, stderr }).toEqual({ status: 3, stderr: 'é [\'a b\']\n' });
});
