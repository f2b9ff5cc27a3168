import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import type { Figure } from './figures';
import { python } from './python';

const ROOT = path.join(__dirname, '..');

/** What is optimized: the rehearsal's trained model, and generated ones, whose code and seed are test fixtures. */
const MODELS: ReadonlyArray<{ readonly name: string; readonly title: string; readonly convolutional: boolean }> = [
  { name: 'demo', title: 'the demo model', convolutional: true },
  { name: 'cnn', title: 'a small CNN', convolutional: true },
  { name: 'resnet50', title: 'ResNet50', convolutional: true },
  { name: 'bert', title: 'a BERT-like encoder', convolutional: false },
];

interface Optimization {
  readonly speedup: { readonly median: number; readonly throughput: number; readonly pairs: number };
  readonly before: { readonly nodes: number; readonly medianMilliseconds: number; readonly loadSeconds: number };
  readonly after: { readonly nodes: number; readonly medianMilliseconds: number; readonly loadSeconds: number };
  readonly accuracy: { readonly maxAbsolute: number };
}

/** Latency of the original over that of the optimized graph, as `graviton-tf optimize` measures it: interleaved pairs. */
export function optimization(): Figure[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'graviton-tf-bench-'));
  try {
    return MODELS.map(({ name, title, convolutional }) => {
      const model = name === 'demo' ? path.join(ROOT, '.cache/demo-model') : path.join(folder, name);
      if (name !== 'demo') python(['test/fixtures/models/generate.py', name, model]);
      const report = path.join(folder, `${name}.json`);
      // 1: not faster, which is a figure too.
      python(['-m', 'tuning.optimize', '--model', model, '--output', path.join(folder, `${name}-optimized`), '--pairs', '5', '--seconds', '30', '--report', report], [0, 1]);
      const { speedup, before, after, accuracy } = JSON.parse(readFileSync(report, 'utf8')) as Optimization;
      return {
        name: `optimization: latency of the original over the optimized, ${title}`, value: Number(speedup.median.toFixed(2)), unit: '×' as const,
        ...(convolutional && { goal: { least: 1.3 } }),
        details: {
          pairs: speedup.pairs, throughput: speedup.throughput, maxAbsolute: accuracy.maxAbsolute,
          nodes: [before.nodes, after.nodes], milliseconds: [before.medianMilliseconds, after.medianMilliseconds], loadSeconds: [before.loadSeconds, after.loadSeconds],
        },
      };
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
