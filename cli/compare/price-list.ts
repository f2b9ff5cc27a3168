import { z } from 'zod';
import { CannotTell } from '../cannot-tell';
import type { Prices } from './prices';

/** What the AWS price list API gives for EC2: each product as a JSON string. */
export interface PriceList {
  readonly PriceList: readonly unknown[];
}

const product = z.looseObject({
  product: z.looseObject({
    attributes: z.looseObject({
      instanceType: z.string().optional(), operatingSystem: z.string().optional(), tenancy: z.string().optional(), preInstalledSw: z.string().optional(),
      capacitystatus: z.string().optional(), regionCode: z.string().optional(),
    }),
  }),
  terms: z.looseObject({
    OnDemand: z.record(z.string(), z.looseObject({
      priceDimensions: z.record(z.string(), z.looseObject({ unit: z.string(), pricePerUnit: z.record(z.string(), z.string()) })),
    })).default({}),
  }).default({ OnDemand: {} }),
  publicationDate: z.string().optional(),
});
type Product = z.infer<typeof product>;

interface Found {
  readonly instanceType: string;
  readonly region: string;
  readonly hourly: number;
  readonly date?: string;
}

export function isPriceList(content: unknown): content is PriceList {
  return Array.isArray((content as Partial<PriceList> | null)?.PriceList);
}

/** Linux, shared tenancy, on demand, in USD: what an instance costs that is started and nothing else. */
export function onDemandPrices({ PriceList: list }: PriceList, file: string, region: string | undefined): Prices {
  const found = list.flatMap((entry) => pricesOf(parsed(entry, file))).filter((each) => region === undefined || each.region === region);
  if (!found.length) throw new CannotTell(`--prices ${file} holds no on-demand price by the hour in USD of Linux with shared tenancy${region ? ` in ${region}` : ''}: ask the price list API for AmazonEC2 with operatingSystem=Linux and tenancy=Shared.`);
  const regions = [...new Set(found.map((each) => each.region))];
  if (regions.length > 1) throw new CannotTell(`--prices ${file} holds prices of ${regions.length} regions (${regions.slice(0, 3).join(', ')}${regions.length > 3 ? ', …' : ''}): choose one with --region.`);
  const dates = found.map(({ date }) => date).filter((date) => date !== undefined).sort();
  if (!dates.length) throw new CannotTell(`--prices ${file} has no publicationDate: a price needs its date, so keep the price list API's answer whole.`);
  const hourly = new Map<string, number>();
  for (const each of found) {
    const other = hourly.get(each.instanceType);
    if (other !== undefined && other !== each.hourly) throw new CannotTell(`--prices ${file} holds two prices for ${each.instanceType} (${other} and ${each.hourly} USD an hour): ask the price list API with capacitystatus=Used and preInstalledSw=NA.`);
    hourly.set(each.instanceType, each.hourly);
  }
  return { source: `AWS price list API, ${regions[0]}, on demand`, date: (dates.at(-1) as string).slice(0, 10), currency: 'USD', hourly };
}

function parsed(entry: unknown, file: string): Product {
  let value = entry;
  if (typeof entry === 'string') {
    try {
      value = JSON.parse(entry);
    } catch {
      throw new CannotTell(`--prices ${file} has an entry in PriceList that is no JSON: keep the price list API's answer whole.`);
    }
  }
  const { data } = product.safeParse(value);
  if (!data) throw new CannotTell(`--prices ${file} has an entry in PriceList that is no product with its terms: keep the price list API's answer whole.`);
  return data;
}

function pricesOf({ product: { attributes }, terms, publicationDate }: Product): Found[] {
  const { instanceType, operatingSystem, tenancy, preInstalledSw = 'NA', capacitystatus = 'Used', regionCode = 'an unnamed region' } = attributes;
  if (!instanceType || operatingSystem !== 'Linux' || tenancy !== 'Shared' || preInstalledSw !== 'NA' || capacitystatus !== 'Used') return [];
  return Object.values(terms.OnDemand).flatMap(({ priceDimensions }) => Object.values(priceDimensions)).flatMap(({ unit, pricePerUnit }): Found[] => {
    const hourly = Number(pricePerUnit.USD);
    // What has no price of its own, such as an offer that is billed elsewhere, has 0.
    return unit === 'Hrs' && hourly > 0 ? [{ instanceType, region: regionCode, hourly, date: publicationDate }] : [];
  });
}
