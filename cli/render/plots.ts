import { BarChart, LineChart, ScatterChart } from 'echarts/charts';
import { GridComponent, LegendComponent, MarkLineComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { figure } from './numbers';
import type { Axis, BarPlot, LinePlot, Plot, PointPlot, Tone } from './page';
import { svgOf, text } from './svg';

echarts.use([BarChart, LineChart, ScatterChart, GridComponent, LegendComponent, MarkLineComponent]);

const width = 1040;

/** Colours are the page's variables, so that they follow its theme; lines differ by their dashes as well. */
const colours = [1, 2, 3, 4, 5, 6].map((number) => `var(--series-${number})`);
const dashes = ['solid', 'dashed', 'dotted', [8, 3, 2, 3], [14, 4], [2, 6]] as const;
const tones: Readonly<Record<Tone, string>> = { good: 'var(--good)', bad: 'var(--bad)', warning: 'var(--series-1)', plain: 'var(--series-0)' };
const symbols: Readonly<Record<Tone, string>> = { good: 'diamond', bad: 'triangle', warning: 'rect', plain: 'circle' };

const line = { lineStyle: { color: 'var(--line)' } };
const legend = { top: 0, left: 0, itemWidth: 26, textStyle: text, selectedMode: false };

export function drawPlot(plot: Plot): string {
  switch (plot.plot) {
    case 'lines': return lines(plot);
    case 'points': return points(plot);
    case 'bars': return bars(plot);
  }
}

function axis({ name, fromZero = true, logarithmic = false, most }: Axis, vertical: boolean): object {
  return {
    type: logarithmic ? 'log' : 'value',
    name,
    nameLocation: 'middle',
    nameGap: vertical ? 58 : 28,
    nameTextStyle: text,
    scale: !fromZero,
    ...(most !== undefined && { max: most }),
    axisLabel: { ...text, hideOverlap: true, formatter: figure },
    axisLine: { show: true, onZero: false, ...line },
    axisTick: line,
    splitLine: { show: vertical, ...line },
  };
}

const grid = { top: 40, bottom: 52, left: 84, right: 40, outerBoundsMode: 'none' };

function lines({ x, y, series, marks = [] }: LinePlot): string {
  return svgOf({
    legend: { ...legend, data: series.map(({ name }) => name) },
    grid,
    xAxis: axis(x, false),
    yAxis: axis(y, true),
    series: series.map(({ name, points: data, step = false }, i) => ({
      name,
      type: 'line',
      step: step && 'end',
      silent: true,
      showSymbol: data.length < 3,
      symbolSize: 5,
      lineStyle: { width: 2, color: colours[i % colours.length], type: dashes[i % dashes.length] },
      itemStyle: { color: colours[i % colours.length] },
      ...(i === 0 && marks.length && {
        markLine: {
          silent: true, symbol: 'none', lineStyle: { color: 'var(--bad)', type: 'dashed' },
          data: marks.map((mark) => ({ xAxis: mark.at, label: { ...text, color: 'var(--bad)', formatter: mark.name, position: 'insideEndTop', rotate: 0, distance: [4, -14] } })),
        },
      }),
      data,
    })),
  }, { width, height: 360 });
}

function points({ x, y, series }: PointPlot): string {
  return svgOf({
    legend,
    grid,
    xAxis: axis(x, false),
    yAxis: axis(y, true),
    series: series.map(({ name, tone, points: data }) => ({
      name,
      type: 'scatter',
      silent: true,
      symbol: symbols[tone],
      symbolSize: tone === 'plain' ? 9 : 15,
      z: tone === 'plain' ? 2 : 3,
      itemStyle: { color: tones[tone] },
      labelLayout: { hideOverlap: true, moveOverlap: 'shiftY' },
      data: data.map((point) => ({
        value: [point.x, point.y],
        label: { ...text, show: point.label !== undefined, position: 'left', formatter: point.label, ...(tone !== 'plain' && { fontWeight: 'bold' }) },
      })),
    })),
  }, { width, height: 420 });
}

function bars({ unit, categories, series }: BarPlot): string {
  const [barHeight, labelWidth] = [16, 340];
  const height = 40 + categories.length * (series.length * (barHeight + 4) + 14) + 34;
  return svgOf({
    legend: { ...legend, itemWidth: 14, show: series.length > 1 },
    grid: { top: 40, bottom: 34, left: labelWidth + 12, right: 110, outerBoundsMode: 'none' },
    xAxis: { type: 'value', name: unit, nameLocation: 'end', nameTextStyle: text, axisLabel: { ...text, hideOverlap: true, formatter: figure }, splitNumber: 4, splitLine: line },
    yAxis: {
      type: 'category', inverse: true, data: categories, axisTick: { show: false }, axisLine: line,
      axisLabel: { ...text, width: labelWidth, overflow: 'truncate', interval: 0 },
    },
    series: series.map(({ name, values }, i) => ({
      name,
      type: 'bar',
      barWidth: barHeight,
      silent: true,
      itemStyle: { color: colours[i % colours.length] },
      label: { ...text, show: true, position: 'right', formatter: ({ value }: { value: number | null }) => (value === null ? '' : figure(value)) },
      data: [...values],
    })),
  }, { width, height });
}
