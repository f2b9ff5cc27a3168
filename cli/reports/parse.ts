import { z } from 'zod';

/** A report of `schema` in a text, or why it is none; what a newer version adds is kept. */
export function parseAs<Report>(schema: z.ZodType<Report>, kind: string, text: string): Report | string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return text.trim() ? 'it is cut or no JSON' : 'it is empty';
  }
  return validate(schema, kind, parsed);
}

/** The same for what has been read already. */
export function validate<Report>(schema: z.ZodType<Report>, kind: string, parsed: unknown): Report | string {
  const { schemaVersion, kind: found } = (parsed ?? {}) as { readonly schemaVersion?: unknown; readonly kind?: unknown };
  if (schemaVersion !== 1) return `its schemaVersion is ${JSON.stringify(schemaVersion)}, and this command line knows 1`;
  if (found !== kind) return `its kind is ${JSON.stringify(found)}, and ${kind} was expected`;
  const { success, data, error } = schema.safeParse(parsed);
  if (success) return data;
  const [{ path, message }] = error.issues;
  return `${path.join('.') || 'it'} is wrong (${message})`;
}

/** Measured: JSON has no word for what is no finite number, and a report of another machine may lack it. */
export const number = z.number().nullish();
export const text = z.string().nullish();
export const yesOrNo = z.boolean().nullish();

export const head = { schemaVersion: z.literal(1), at: text, exitCode: z.union([z.literal(0), z.literal(1), z.literal(2)]), omitted: z.number().default(0) };
