import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { diagnoseCommand } from '../../../cli/diagnose/command';
import type { Report } from '../../../cli/diagnose/report';
import { repository } from '../run-cli';

const [, section] = /\n## When it is slow\n([^]*?)\n## /.exec(readFileSync(join(repository, 'README.md'), 'utf8')) ?? [];

test('explains every row of a report, and no other', () => {
  const { stdout } = spawnSync('python3', [join(repository, 'runbooks/troubleshoot/analyze.py'), '--json', '-'], { input: '', encoding: 'utf8' });
  const rows = (JSON.parse(stdout) as Report).checks.map(({ id }) => id);
  const explained = section.split('\n').filter((line) => /^\| `\w+\.\w+`/.test(line)).flatMap((line) => [...line.split('|')[1].matchAll(/`([^`]+)`/g)].map(([, id]) => id));
  expect(rows.length).toBeGreaterThan(15);
  expect(explained).toEqual(rows);
});

test('names only options that there are', () => {
  const options = diagnoseCommand(() => {}).options.map(({ long }) => long);
  const named = [...section.split('`graviton-tf images')[0].matchAll(/--[a-z][a-z-]*/g)].map(([option]) => option);
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((option) => !options.includes(option))).toEqual([]);
});
