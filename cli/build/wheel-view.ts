import type { View } from '../present';
import type { WheelBuild } from '../reports/build-wheel';
import { buildColumns, buildPage, buildRow } from './view';

/** How a build of a wheel is shown. */
export const wheelView: View<WheelBuild> = {
  columns: buildColumns,
  rows: ({ subject, report }) => [buildRow(subject, report)],
  page(report, subject) {
    const { release, python, compiler, bazel, artifacts } = report;
    const wheel = artifacts.find(({ file, key }) => key && file.endsWith('.whl'));
    return buildPage(report, subject, `TensorFlow ${release} for Python ${python ?? '?'}`, [
      ['compiler', [compiler?.name, compiler?.version].filter(Boolean).join(' ') || undefined],
      ['bazel', bazel ?? undefined],
    ], wheel && {
      block: 'code',
      language: 'typescript',
      text: `runtime: TensorFlowRuntime.wheelFile(s3.Bucket.fromBucketName(this, 'Artifacts', '${wheel.bucket}'), '${wheel.key}', { sha256: '${wheel.sha256}' }),`,
    });
  },
};
