import { GetProductsCommand, PricingClient } from '@aws-sdk/client-pricing';
import { mockClient } from 'aws-sdk-client-mock';
import { askPrices } from '../../../cli/compare/price-list-api';

const api = mockClient(PricingClient);

function product(instanceType: string, usd: string): string {
  return JSON.stringify({
    product: { attributes: { instanceType, operatingSystem: 'Linux', tenancy: 'Shared', preInstalledSw: 'NA', capacitystatus: 'Used', regionCode: 'eu-west-1' } },
    terms: { OnDemand: { a: { priceDimensions: { b: { unit: 'Hrs', pricePerUnit: { USD: usd } } } } } },
    publicationDate: '2026-10-15T20:11:12Z',
  });
}

beforeEach(() => api.reset());

test('asks for each instance type in its region, page by page', async () => {
  api.on(GetProductsCommand).callsFake(({ Filters, NextToken }: { Filters: ReadonlyArray<{ Field: string; Value: string }>; NextToken?: string }) => {
    const value = (name: string) => Filters.find(({ Field }) => Field === name)?.Value;
    expect([value('regionCode'), value('operatingSystem'), value('tenancy')]).toEqual(['eu-west-1', 'Linux', 'Shared']);
    if (value('instanceType') === 'c7g.xlarge') return NextToken ? { PriceList: [product('c7g.xlarge', '0.156')] } : { PriceList: [], NextToken: 'more' };
    return { PriceList: [product('c6g.xlarge', '0.146')] };
  });
  const prices = await askPrices(['c7g.xlarge', 'c6g.xlarge'], 'eu-west-1');
  expect({ ...prices, hourly: [...prices.hourly] }).toEqual({
    source: 'AWS price list API, eu-west-1, on demand', date: '2026-10-15', currency: 'USD', hourly: [['c7g.xlarge', 0.156], ['c6g.xlarge', 0.146]],
  });
});

test.each<[string, string | undefined, readonly string[], string]>([
  ['no region', undefined, ['c7g.xlarge'], '--prices aws needs the region whose prices are meant'],
  ['no instance type', 'eu-west-1', [], '--prices aws has no instance type to ask for'],
  ['an instance type that the API does not know', 'eu-west-1', ['c0x.tiny'], '--prices aws holds no on-demand price by the hour'],
])('%s is one sentence', async (_, region, types, sentence) => {
  const before = { ...process.env };
  delete process.env.AWS_REGION;
  delete process.env.AWS_DEFAULT_REGION;
  api.on(GetProductsCommand).resolves({ PriceList: [] });
  try {
    await expect(askPrices(types, region)).rejects.toThrow(sentence);
  } finally {
    process.env = before;
  }
});

test('a refused call names itself', async () => {
  api.on(GetProductsCommand).rejects(Object.assign(new Error('User: arn:aws:iam::1:user/a is not authorized to perform: pricing:GetProducts'), { name: 'AccessDeniedException' }));
  await expect(askPrices(['c7g.xlarge'], 'eu-west-1')).rejects.toThrow('The credentials may not call pricing:GetProducts in us-east-1');
});
