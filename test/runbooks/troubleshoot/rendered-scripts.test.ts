import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { compactLines } from '../../../lib/runbooks/compact-script';

const folder = path.join(__dirname, '..', '..', '..', 'runbooks', 'troubleshoot');

// Docstrings that span lines are trees too, but what they say may be indented otherwise.
const compare = `
import ast, sys
def tree(text):
    parsed = ast.parse(text)
    for node in ast.walk(parsed):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node, clean=False):
            node.body[0].value.value = "".join(ast.get_docstring(node, clean=False).split())
    return ast.dump(parsed)
source, rendered = sys.stdin.read().split("\\0")
assert tree(source) == tree(rendered)
`;

test.each(['analyze.py', 'collect.py', 'signature.py', 'shadow.py', 'report.py'])('%s is the same program in the document', (name) => {
  const source = readFileSync(path.join(folder, name), 'utf8');
  const rendered = compactLines(source.split('\n')).join('\n');

  expect(rendered.length).toBeLessThan(source.length);
  execFileSync('python3', ['-c', compare], { input: `${source}\0${rendered}`, stdio: 'pipe' });
});
