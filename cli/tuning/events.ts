import { z } from 'zod';

/** What a program of `tuning/` prints, one JSON object a line. */
const event = z.discriminatedUnion('event', [
  z.object({ event: z.literal('step'), name: z.string(), status: z.enum(['InProgress', 'Success', 'Failed', 'Skipped']), text: z.string().default('') }),
  z.object({ event: z.literal('progress'), done: z.number(), total: z.number(), text: z.string().default('') }),
  z.object({ event: z.literal('report'), report: z.unknown() }),
  z.object({ event: z.literal('refusal'), reason: z.string() }),
]);
export type TuningEvent = z.infer<typeof event>;

/** The event in a line; undefined where the line is none. */
export function parseEvent(line: string): TuningEvent | undefined {
  try {
    return event.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
