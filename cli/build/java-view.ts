import type { View } from '../present';
import type { Block } from '../render/page';
import type { JavaBuild } from '../reports/build-java';
import { buildColumns, buildPage, buildRow } from './view';

/** How TensorFlow Java that was built, or fetched, is shown. */
export const javaView: View<JavaBuild> = {
  columns: buildColumns,
  rows: ({ subject, report }) => [{ ...buildRow(subject, report), cells: [subject, report.outcome, nativeJar(report)?.key ?? ''] }],
  page(report, subject) {
    const { release, platform, source, tensorflow, jdk, maven, python } = report;
    return buildPage(report, subject, `TensorFlow Java ${release} for ${platform ?? '?'}`, [
      ['JARs', source === 'build' ? 'built here' : 'as they are published'],
      ['TensorFlow', tensorflow ?? undefined],
      ['JDK', jdk ?? undefined],
      ['Maven', maven ?? undefined],
      ['compared with', python ? `TensorFlow ${tensorflow ?? '?'} for Python ${python}` : undefined],
    ], useOf(report));
  },
};

/** The one with the native libraries, which the others are nothing without. */
function nativeJar({ artifacts, platform }: JavaBuild) {
  return artifacts.find(({ file, key }) => key && platform && file.endsWith(`-${platform}.jar`));
}

/** A Maven repository: what is below its prefix, and what a program's pom.xml says. */
function useOf(report: JavaBuild): Block | undefined {
  const native = nativeJar(report);
  if (!native?.key || !native.key.endsWith(native.file)) return undefined;
  const prefix = native.key.slice(0, -native.file.length);
  const dependency = (artifact: string, classifier?: string) => [
    '<dependency>', '  <groupId>org.tensorflow</groupId>', `  <artifactId>${artifact}</artifactId>`, `  <version>${report.release}</version>`,
    ...(classifier ? [`  <classifier>${classifier}</classifier>`] : []), '</dependency>',
  ];
  return {
    block: 'code',
    language: 'xml',
    text: [
      `<!-- aws s3 sync --exclude '*.json' s3://${native.bucket}/${prefix} ~/.m2/repository/ -->`,
      ...dependency('tensorflow-core-api'),
      ...dependency('tensorflow-core-native', report.platform ?? undefined),
    ].join('\n'),
  };
}
