import * as echarts from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

echarts.use([SVGRenderer]);
// Which font a reader's browser has is not known here; the widest of the usual ones needs this much.
echarts.setPlatformAPI({ measureText: (text, font) => ({ width: text.length * 0.64 * Number(/([\d.]+)px/.exec(font ?? '')?.[1] ?? 12) }) });

/** Text of a chart has the page's colour and font. */
export const text = { color: 'currentColor', fontFamily: 'inherit', fontSize: 12 };

/** A chart as it stands in a page: colours may be the page's variables, so that they follow its theme. */
export function svgOf(option: echarts.EChartsCoreOption, size: { readonly width: number; readonly height: number }): string {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, ...size });
  chart.setOption({ animation: false, textStyle: text, ...option });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}
