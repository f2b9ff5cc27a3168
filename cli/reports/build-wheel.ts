import { z } from 'zod';
import { buildFields } from './build';
import { parseAs, text } from './parse';

const wheel = z.looseObject({
  ...buildFields,
  kind: z.literal('build-wheel'),
  python: text,
  compiler: z.looseObject({ name: text, version: text }).nullish(),
  bazel: text,
});
export type WheelBuild = z.infer<typeof wheel>;

export function parseWheelBuild(json: string): WheelBuild | string {
  return parseAs(wheel, 'build-wheel', json);
}
