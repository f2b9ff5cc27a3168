import { execFileSync } from 'node:child_process';
import * as path from 'node:path';
import { median, type Figure } from './figures';

const ROOT = path.join(__dirname, '..');
const LOG = path.join(ROOT, 'test/fixtures/verbose/aarch64/2.16.1/cnn_on1_v1_g2.stdout.log');

/** How the analysis of a verbose log compares with a Python loop that merely splits its lines, and what it holds in memory. */
export function analyze(): Figure[] {
  const output = execFileSync(
    path.join(ROOT, '.venv/bin/python'), [path.join(__dirname, 'analyze.py'), path.join(ROOT, 'runbooks/troubleshoot/analyze.py'), LOG], { encoding: 'utf8' });
  const { loop, analyze: seconds, peakMegabytes } = JSON.parse(output) as { loop: number[]; analyze: number[]; peakMegabytes: number };
  return [
    {
      name: 'analyze: time over a loop that splits the same 100 MB log at its commas',
      value: Number(median(seconds.map((value, pair) => value / loop[pair])).toFixed(2)), unit: '×', goal: { most: 2 },
      details: { analyze: seconds, loop },
    },
    {
      name: 'analyze: peak memory for a log of 1 GB', value: Number(peakMegabytes.toFixed(1)), unit: 'MB', goal: { most: 50 },
      details: {},
    },
  ];
}
