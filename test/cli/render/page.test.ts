import { benchmarkView } from '../../../cli/benchmark/view';
import { sweepView } from '../../../cli/benchmark/sweep-view';
import { optimizationView } from '../../../cli/optimize/view';
import { figure, times } from '../../../cli/render/numbers';
import type { Page } from '../../../cli/render/page';
import { htmlPage } from '../../../cli/render/page-html';
import { markdown } from '../../../cli/render/page-markdown';
import { renderPage } from '../../../cli/render/page-terminal';
import { Terminal } from '../../../cli/terminal';
import { aBenchmark, aScenario, aSweep, anOptimization } from '../tuning/reports';

function drawn(page: Page, columns = 80): string {
  let text = '';
  renderPage(page, new Terminal({ isTTY: true, columns, write: (chunk: string) => { text += chunk; return true; } } as unknown as NodeJS.WriteStream, {}));
  return text.replace(/\u001b\[\d+m/g, '');
}

const pages = () => [optimizationView.page(anOptimization(), 'demo'), benchmarkView.page(aBenchmark(), 'demo'), sweepView.page(aSweep(), 'demo')] as const;

test.each([0, 1, 2] as const)('report %# fits a terminal, but for what is there to be copied', (kind) => {
  const wide = drawn(pages()[kind]).split('\n').filter((line) => line.length > 80 && !line.startsWith('npx cdk'));
  expect(wide).toEqual([]);
});

test('what has no room beside its row stands below it, and a table of many columns goes on below', () => {
  expect(drawn(pages()[0])).toMatch(/batch-norm folding +160 +150 +0\.1\n +2 folded into the weights before them/);
  const scenarios = Array.from({ length: 6 }, (_, i) => aScenario({ scenario: `SingleStream${i}` }));
  const text = drawn(benchmarkView.page(aBenchmark({ scenarios }), 'demo'));
  expect(text.match(/samples a second/g)).toHaveLength(2);
  for (const { scenario } of scenarios) expect(text).toContain(scenario);
});

describe('as a page', () => {
  test('each report has its plots, as pictures in the page\'s own colours', () => {
    const [optimization, benchmark, sweep] = pages().map((page) => htmlPage([page]));
    expect(optimization).toMatch(/aria-label="Milliseconds before and after, by primitive and implementation; the largest is convolution gemm:ref\./);
    expect(benchmark.match(/<figure role="img"/g)).toHaveLength(2);
    expect(benchmark).toContain('aria-label="Share of samples answered within a time, for SingleStream (p50 1.8 ms, p99 2.5 ms) and Offline (p50 1.8 ms, p99 2.5 ms)."');
    expect(benchmark).toMatch(/<path [^>]*stroke="var\(--series-1\)"/);
    expect(sweep).toMatch(/<path [^>]*fill="var\(--good\)"/);
    expect(sweep).toMatch(/>best<\/text>[^]*>default<\/text>[^]*>others<\/text>/);
    for (const html of [optimization, benchmark, sweep]) {
      expect(html).toContain('@media print');
      expect(html).toContain('prefers-color-scheme: dark');
    }
  });

  test('INVALID is said before any figure', () => {
    const html = htmlPage([pages()[1]]);
    expect(html.indexOf('Offline is INVALID by LoadGen&#39;s rules')).toBeGreaterThan(0);
    expect(html.indexOf('Offline is INVALID by LoadGen&#39;s rules')).toBeLessThan(html.indexOf('<table'));
    expect(html).toContain('<li>Min duration not satisfied: 10.2 s of 600 s, shortened by --time 10.</li>');
  });

  test('whatever a report holds is text, and nothing is fetched', () => {
    const evil = '" onerror="alert(2)"><script>alert(1)</script><img src=x>';
    const html = htmlPage([
      optimizationView.page(anOptimization({ outcome: evil, reason: evil, model: { path: evil, signatures: [{ name: evil, inputs: [] }] }, passes: [{ name: evil, note: evil }] }), evil),
      benchmarkView.page(aBenchmark({ label: evil, environment: { [evil]: evil }, scenarios: [aScenario({ scenario: evil, valid: false, why: [evil] })] }), evil),
      sweepView.page(aSweep({ recommendation: { servingOptions: { [evil]: 1 }, typescript: evil, context: evil, text: evil }, applied: { outcome: evil, reason: evil } }), evil),
    ]);
    expect(html).not.toMatch(/<script|<img|<link|<iframe|@import|url\(/i);
    expect(html).not.toContain('" onerror');
    expect(html.match(/<h1/g)).toHaveLength(1);
  });
});

test('in Markdown, numbers are aligned and nothing is markup', () => {
  const text = markdown(benchmarkView.page(aBenchmark({ label: 'a|b*c' }), 'demo'));
  expect(text).toContain('# a\\|b\\*c: INVALID in Offline');
  expect(text).toContain('> **WARNING** Offline is INVALID by LoadGen\'s rules: not to be published as an MLPerf result\n> - Min duration not satisfied');
  expect(text).toContain('| - | -: | -: |');
  expect(text).toContain('| samples a second | 520 | 800 |');
});

test('numbers keep three digits that mean something', () => {
  expect([0, 1234567, 12.345, 0.01234, 0.0000012, -2.5].map(figure)).toEqual(['0', '1,234,567', '12.3', '0.0123', '1.2e-6', '-2.5']);
  expect([times(1.4267), times(null), times(Infinity)]).toEqual(['1.43 ×', '', '']);
});
