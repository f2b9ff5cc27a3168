import { benchmarkView } from '../../../cli/benchmark/view';
import { sweepView } from '../../../cli/benchmark/sweep-view';
import { optimizationView } from '../../../cli/optimize/view';
import { figure, times } from '../../../cli/render/numbers';
import type { Page } from '../../../cli/render/page';
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
