import { BarChart } from 'echarts/charts';
import { GridComponent, LegendComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { svgOf, text } from '../../render/svg';
import type { Kernel } from '../report';
import { milliseconds } from './view';

echarts.use([BarChart, GridComponent, LegendComponent]);

/** Kernels worth a bar. */
const mostBars = 15;

const [width, barHeight, top, bottom, labelWidth] = [1040, 32, 44, 34, 420];

/** Names of the kinds; their colours are the page's, as `--kind-<kind>`, so that they follow its theme. */
export const kinds: ReadonlyArray<readonly [kind: string, name: string]> = [
  ['acl', 'Arm Compute Library'],
  ['sve', 'SVE'],
  ['jit', 'JIT'],
  ['reference', 'C++ reference'],
  ['other', 'other'],
];

export interface Chart {
  readonly title: string;
  /** For who cannot see it: the table beside it holds the numbers. */
  readonly description: string;
  readonly svg: string;
}

/** Bars of the kernels' time, or of their number of runs where the log has no times. */
export function kernelChart(kernels: readonly Kernel[]): Chart | undefined {
  const timed = kernels.some((kernel) => typeof kernel.milliseconds === 'number');
  const value = (kernel: Kernel) => (timed ? kernel.milliseconds ?? 0 : kernel.count);
  const bars = [...kernels].filter((kernel) => value(kernel) > 0).sort((a, b) => value(b) - value(a)).slice(0, mostBars);
  if (!bars.length) return undefined;
  const unit = timed ? 'ms' : 'runs';
  const kindOf = ({ kind }: Kernel) => (kinds.some(([known]) => known === kind) ? kind : 'other');
  const shown = kinds.filter(([kind]) => bars.some((kernel) => kindOf(kernel) === kind));
  // Colours are the page's: text by currentColor, bars by its variables.
  const svg = svgOf({
    legend: { top: 6, left: 0, itemWidth: 14, textStyle: text, selectedMode: false },
    grid: { top, bottom, left: labelWidth + 12, right: 84, outerBoundsMode: 'none' },
    xAxis: { type: 'value', name: unit, nameLocation: 'end', nameTextStyle: text, axisLabel: text, splitNumber: 4, splitLine: { lineStyle: { color: 'var(--line)' } } },
    yAxis: {
      type: 'category',
      inverse: true,
      data: bars.map(({ primitive, implementation, shape }) => `${primitive} ${implementation}\n${shape}`),
      axisTick: { show: false },
      axisLine: { lineStyle: { color: 'var(--line)' } },
      axisLabel: { ...text, fontSize: 11, lineHeight: 14, width: labelWidth, overflow: 'truncate', interval: 0 },
    },
    series: shown.map(([kind, name]) => ({
      name,
      type: 'bar',
      stack: 'kernels',
      barWidth: 16,
      silent: true,
      itemStyle: { color: `var(--kind-${kind})` },
      label: { ...text, show: true, position: 'right', formatter: ({ dataIndex }: { dataIndex: number }) => `${timed ? milliseconds(bars[dataIndex]) : bars[dataIndex].count} ${unit}` },
      data: bars.map((kernel) => (kindOf(kernel) === kind ? value(kernel) : null)),
    })),
  }, { width, height: top + bars.length * barHeight + bottom });
  const title = timed ? 'Time by kernel' : 'Runs by kernel (the log has no times)';
  const [first] = bars;
  return { title, description: `${title}: ${bars.length} ${bars.length === 1 ? 'bar' : 'bars'}; the largest is ${first.primitive} by ${first.implementation}.`, svg };
}
