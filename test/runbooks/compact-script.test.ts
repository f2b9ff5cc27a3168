import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { compactLines, packedPython } from '../../lib/runbooks/compact-script';
import { folderWith } from '../support/saved-models';

const ROOT = path.join(__dirname, '..', '..');
const RUNBOOKS = path.join(ROOT, 'runbooks');
const PYTHON = path.join(ROOT, '.venv', 'bin', 'python');

/** The syntax trees of the programs on stdin without their docstrings, which nothing runs. */
const TREES = `
import ast, json, sys
def tree(program):
    tree = ast.parse(program)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return ast.dump(tree)
print(json.dumps([tree(program) for program in json.load(sys.stdin)]))
`;

/** The program's tree, and that of what compacting makes of it. */
function trees(program: string): readonly [string, string] {
  return JSON.parse(execFileSync(PYTHON, ['-c', TREES], { input: JSON.stringify([program, compacted(program)]), encoding: 'utf8', maxBuffer: 2 ** 26 })) as [string, string];
}

/** A shell program as bash itself understands it, in its own layout; it prints an empty line for a comment. */
const understood = (program: string): string => execFileSync('bash', ['--pretty-print'], { input: program, encoding: 'utf8' }).replace(/\n+/g, '\n').trim();

const compacted = (program: string): string => `${compactLines(program.split('\n')).join('\n')}\n`;

// All of them, so that a new script, and a new runbook's, is compared too.
const files = (extension: string): string[] => readdirSync(RUNBOOKS, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith(extension)).sort();

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

  test.each(files('.py'))('%s is the same program', (file) => {
    const program = readFileSync(path.join(RUNBOOKS, file), 'utf8');

    const [written, run] = trees(program);

    expect(run).toBe(written);
    expect(compacted(program).length).toBeLessThan(program.length);
  });

  test.each([...files('.sh'), '../userdata/phases/serving-environment.sh'])('%s is the same program', (file) => {
    const program = readFileSync(path.join(RUNBOOKS, file), 'utf8');

    expect(understood(compacted(program))).toBe(understood(program));
  });

  test('that differs would be found', () => {
    const [written, run] = trees('text = """\n    a\n\n# b\n"""\n');

    expect(run).not.toBe(written);
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
