import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { CannotTell } from '../cannot-tell';
import { type PriceList, isPriceList, onDemandPrices } from './price-list';

/** Prices by the hour, and where they are from: a figure without its source and date is none. */
export interface Prices {
  readonly source: string;
  readonly date: string;
  readonly currency: string;
  readonly hourly: ReadonlyMap<string, number>;
}

const table = z.strictObject({
  source: z.string().min(1),
  date: z.string().regex(/^\d{4}-\d{2}-\d{2}/, 'not a date such as 2026-11-01'),
  currency: z.string().regex(/^[A-Z]{3}$/, 'not a currency such as USD').default('USD'),
  hourly: z.record(z.string(), z.number().positive()),
});

const form = '{source, date, currency, hourly: {"c7g.xlarge": …}}, or what aws pricing get-products prints';

/** From a file: a table of the user's own, or the AWS price list API's answer. */
export function readPrices(file: string, region: string | undefined): Prices {
  const content = contentOf(file);
  if (isPriceList(content)) return onDemandPrices(content as PriceList, file, region);
  const { success, data, error } = table.safeParse(content);
  if (success) return { ...data, hourly: new Map(Object.entries(data.hourly)) };
  const [{ path, message }] = error.issues;
  const missing = (['source', 'date', 'hourly'] as const).find((name) => typeof content === 'object' && content !== null && !(name in content));
  if (missing) throw new CannotTell(`--prices ${file} has no ${missing}: a price needs its source and date, so give ${form}.`);
  throw new CannotTell(`--prices ${file} cannot be used: ${path.join('.') || 'it'} is wrong (${message}): give ${form}.`);
}

function contentOf(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new CannotTell(`--prices ${file} cannot be read (${(error as NodeJS.ErrnoException).code}): give ${form}.`);
  }
  try {
    // JSON is YAML.
    return parse(text) as unknown;
  } catch (error) {
    throw new CannotTell(`--prices ${file} is neither JSON nor YAML (${(error as Error).message.split('\n')[0].replace(/:$/, '')}): give ${form}.`);
  }
}
