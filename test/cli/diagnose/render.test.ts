import { type Reported, detailed, outliers } from '../../../cli/diagnose/fleet';
import { fleetMarkdown, reportMarkdown } from '../../../cli/diagnose/render/markdown';
import { printable } from '../../../cli/render/printable';
import { renderFleet, renderReport } from '../../../cli/diagnose/render/terminal';
import { bf16Text, evidenceText, headline, percent } from '../../../cli/diagnose/render/view';
import type { Report } from '../../../cli/diagnose/report';
import { Terminal } from '../../../cli/terminal';
import { aCheck, aHealthyReport, aKernel, aReport } from './reports';

function drawn(draw: (terminal: Terminal) => void, columns = 80): string {
  let text = '';
  const stream = { isTTY: true, columns, write: (chunk: string) => { text += chunk; return true; } };
  draw(new Terminal(stream as unknown as NodeJS.WriteStream, {}));
  return text;
}

const bare = (text: string) => text.replace(/\u001b\[\d+m/g, '');
const reported = (report: Report): Reported => ({ subject: report.instance as string, report, text: JSON.stringify(report) });

describe('on a terminal', () => {
  test('nothing but the issue text and addresses is wider than it', () => {
    const report = aReport({ checks: [{ ...aCheck('kernels.reference', 'FAIL', 'many words '.repeat(20)), remediation: 'do this and that '.repeat(10) }, aCheck('a', 'SKIP', 'x '.repeat(80))] });
    const [page] = bare(drawn((terminal) => renderReport(report, 'x', terminal))).split('Issue text');
    expect(page.split('\n').filter((line) => line.length > 80 && !line.includes('https://'))).toEqual([]);
    expect(page).toMatch(/87 % +87\.0 +6 +convolution +gemm:ref +reference +batching\n +mb1_ic3oc16_ih64oh64kh3sh1dh0ph1_iw64ow64kw3sw1dw0pw1\n/);
  });

  test('a shape stands beside its kernel where there is room', () => {
    expect(bare(drawn((terminal) => renderReport(aReport(), 'x', terminal), 160))).toMatch(/reference +batching +mb1_ic3oc16_ih64oh64kh3sh1dh0ph1_iw64ow64kw3sw1dw0pw1\n/);
  });

  test('statuses and kernels have their colours', () => {
    const text = drawn((terminal) => renderReport(aReport(), 'x', terminal));
    expect(text).toContain('\u001b[31mFAIL');
    expect(text).toContain('\u001b[32mPASS');
    expect(text).toMatch(/\u001b\[31mgemm:ref/);
    expect(text).toMatch(/\u001b\[32mgemm:acl/);
  });

  test('the issue text can be copied as it is', () => {
    expect(drawn((terminal) => renderReport(aReport(), 'x', terminal))).toContain('\nThese operators run\n\n| the | reference |\n|---|---|\n');
  });

  test('kernels without times take no column for them, and those left out are counted', () => {
    const text = bare(drawn((terminal) => renderReport(aReport({ kernels: Array.from({ length: 14 }, () => aKernel({ milliseconds: null })), kernelsOmitted: 3 }), 'x', terminal)));
    expect(text).toMatch(/share +count +primitive/);
    expect(text).toContain('… and 5 more');
  });

  test('fifty instances fit', () => {
    const results = Array.from({ length: 50 }, (_, i) => reported(aHealthyReport(`i-${String(i).padStart(17, '0')}`)));
    expect(bare(drawn((terminal) => renderFleet(results, terminal))).split('\n').filter((line) => line.length > 80)).toEqual([]);
  });
});

describe('in Markdown', () => {
  test('what a report quotes stays within its cell, and is no markup', () => {
    const text = reportMarkdown(aReport({ checks: [{ ...aCheck('a', 'FAIL', 'x | y\n<b>*z*</b>'), source: 'javascript:alert(1)' }] }), 'x');
    expect(text).toContain('| **FAIL** | a | x \\| y<br>&lt;b&gt;\\*z\\*&lt;/b&gt; | |');
    expect(text).not.toContain('javascript:');
  });

  test('the issue text has a fence that nothing in it ends', () => {
    const text = reportMarkdown(aReport({ issue: { title: 'T', body: '```\ncode\n```' } }), 'x');
    expect(text).toContain('````markdown\nT\n\n```\ncode\n```\n````');
  });

  test('several instances have a table, and only the odd one its details', () => {
    const results = [aHealthyReport('i-1'), aHealthyReport('i-2'), aReport({ instance: 'i-3' })].map(reported);
    const odd = outliers(results);
    const text = fleetMarkdown(results, odd, [{ subject: 'i-4', reason: 'It is offline.' }], detailed(results, odd));
    expect(text).toContain('# 4 instances');
    expect(text).toContain('- i-4: It is offline.');
    expect(text).toContain('| i-3 | kernels.reference | FAIL | PASS |');
    expect(text.match(/^### Checks/gm)).toHaveLength(1);
  });
});

describe('outliers', () => {
  test('of two that differ the worse one is named', () => {
    for (const pair of [['i-1', 'i-2'], ['i-2', 'i-1']]) {
      const reports = [aHealthyReport('i-1'), aReport({ instance: 'i-2' })].map(reported);
      expect(outliers(pair.map((id) => reports.find(({ subject }) => subject === id) as Reported)).map(({ instance }) => instance)).toEqual(['i-2']);
    }
  });

  test('a summary fact alone makes one', () => {
    const other = aHealthyReport('i-3');
    const odd = outliers([aHealthyReport('i-1'), aHealthyReport('i-2'), { ...other, summary: { ...other.summary, onednnVersion: '2.7.3' } }].map(reported));
    expect(odd).toEqual([{ instance: 'i-3', differs: [{ row: 'summary.onednnVersion', has: '2.7.3', others: '3.2.1' }] }]);
  });

  test('shares and counts vary by themselves', () => {
    const other = aHealthyReport('i-2');
    expect(outliers([aHealthyReport('i-1'), { ...other, summary: { ...other.summary, primitives: 999, referenceShare: 0.01 } }].map(reported))).toEqual([]);
  });

  test('without any, the worst instance is told in full', () => {
    const results = [aReport({ instance: 'i-1' }), aReport({ instance: 'i-2' })].map(reported);
    expect(detailed(results, outliers(results)).map(({ subject }) => subject)).toHaveLength(1);
  });
});

test('escapes, directions and other controls do not reach a reader', () => {
  expect(printable({ a: ['x\u001b[2J\u0007\u202e', 'two\r\nlines\tand a tab'] })).toEqual({ a: ['x\ufffd[2J\ufffd\ufffd', 'two\nlines\tand a tab'] });
});

test('the words that every rendering shares', () => {
  expect(headline(aHealthyReport('i'))).toBe('All 3 checks that apply pass');
  expect(headline(aReport({ checks: [aCheck('a', 'UNKNOWN'), aCheck('b', 'PASS')] }))).toBe('No findings, 1 check could not be told');
  expect(headline(aReport({ checks: [aCheck('a', 'FAIL'), aCheck('b', 'WARN'), aCheck('c', 'UNKNOWN')] }))).toBe('2 findings, 1 check could not be told');
  expect(bf16Text(aReport({ summary: { backend: 'unknown' } }))).toBe('unknown');
  expect(evidenceText({ kind: 'log', replay: true, log: '/x.log', execLines: 3 })).toBe('the log /x.log, 3 primitives in it (a replay: not what the server does now)');
  expect(evidenceText({ kind: 'none', why: 'no server' })).toBe('none (no server)');
  expect([percent(0), percent(0.004), percent(0.995)]).toEqual(['0 %', '< 1 %', '100 %']);
});
