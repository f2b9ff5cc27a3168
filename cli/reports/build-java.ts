import { z } from 'zod';
import { buildFields } from './build';
import { parseAs, text } from './parse';

const java = z.looseObject({
  ...buildFields,
  kind: z.literal('build-java'),
  /** published or build. */
  source: text,
  /** The JAR's classifier, such as linux-arm64. */
  platform: text,
  tensorflow: text,
  jdk: text,
  maven: text,
  python: text,
});
export type JavaBuild = z.infer<typeof java>;

export function parseJavaBuild(json: string): JavaBuild | string {
  return parseAs(java, 'build-java', json);
}
