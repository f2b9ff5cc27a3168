import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Report } from '../../../cli/diagnose/report';
import { Package } from './packaged';
import { aCheck, aKernel, aReport } from './reports';

jest.setTimeout(60_000);

let installed: Package;
beforeAll(() => { installed = new Package(); });
afterAll(() => installed.remove());

async function page(report: Report): Promise<{ html: string; stdout: string }> {
  installed.runbook({ FullReport: `cat <<'END'\n${JSON.stringify(report)}\nEND` });
  const file = join(installed.folder, 'page.html');
  const { stdout, stderr } = await installed.start(['diagnose', '--local', '--html', file]).ended;
  expect(stderr).toContain(`The page is in ${file}.`);
  return { html: readFileSync(file, 'utf8'), stdout };
}

test('whatever a report holds is text, and nothing is fetched', async () => {
  const evil = '" onerror="alert(2)"><script>alert(1)</script><img src=x onerror=alert(1)>\u001b[2J';
  const { html, stdout } = await page(aReport({
    instance: evil,
    checks: [{ id: evil, status: evil as 'FAIL', evidence: evil, remediation: evil, source: 'javascript://example.com/%0aalert(1)' }, { ...aCheck('fine', 'FAIL'), source: 'https://example.com/?a=1&b="' }],
    kernels: [aKernel({ primitive: evil, implementation: evil, kind: evil, shape: evil, remedy: evil })],
    issue: { title: evil, body: `${evil}</pre>`, url: 'javascript:alert(2)' },
    nextStep: { text: evil, command: evil, source: 'data://text/html,x' },
    facts: { instanceType: evil, server: { name: evil } },
  }));
  expect(html).not.toMatch(/<script|<img|<link|<iframe|@import|url\(/i);
  expect(html.match(/<\/pre>/g)).toHaveLength(2);
  expect([...html.matchAll(/\b(?:href|src)="([^"]*)"/g)].map(([, address]) => address)).toEqual([]);
  expect(html).not.toContain('javascript:');
  // A quote of a value would end the attribute that it stands in.
  expect(html).not.toContain('" onerror');
  expect(stdout).not.toContain('\u001b');
});

test('holds the checks with their links, the kernels and the chart coloured by kind', async () => {
  const { html } = await page(aReport());
  expect(html).toContain('<title>i-0123456789abcdef0 (c7g.xlarge): 1 finding</title>');
  expect(html).toContain('<td class="status FAIL">FAIL</td><th scope="row"><a href="https://example.com/guide">kernels.reference</a></th>');
  expect(html).toContain('<h3 id="chart-0">Time by kernel</h3>');
  expect(html).toContain('aria-label="Time by kernel: 2 bars; the largest is convolution by gemm:ref."');
  expect(html).toMatch(/<path [^>]*fill="var\(--kind-reference\)"/);
  expect(html).toMatch(/>Arm Compute Library<\/text>/);
  expect(html).toMatch(/>C\+\+ reference<\/text>/);
  expect(html).not.toMatch(/>SVE<\/text>/);
  expect(html).toContain('@media print');
  expect(html).toContain('prefers-color-scheme: dark');
});

test('counts runs where the log has no times, and has no chart without kernels', async () => {
  expect((await page(aReport({ kernels: [aKernel({ milliseconds: null, count: 5 })] }))).html).toMatch(/Runs by kernel \(the log has no times\)[^]*>5 runs<\/text>/);
  expect((await page(aReport({ kernels: [] }))).html).not.toContain('<figure');
});
