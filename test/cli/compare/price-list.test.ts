import { onDemandPrices } from '../../../cli/compare/price-list';

/** A product as `aws pricing get-products --service-code AmazonEC2` prints it. */
function product(instanceType: string, usd: string, attributes: object = {}, more: object = {}): string {
  return JSON.stringify({
    product: {
      productFamily: 'Compute Instance',
      sku: 'ABC',
      attributes: { instanceType, operatingSystem: 'Linux', tenancy: 'Shared', preInstalledSw: 'NA', capacitystatus: 'Used', regionCode: 'eu-west-1', ...attributes },
    },
    serviceCode: 'AmazonEC2',
    terms: {
      OnDemand: { 'ABC.JRT': { priceDimensions: { 'ABC.JRT.6YS': { unit: 'Hrs', beginRange: '0', endRange: 'Inf', pricePerUnit: { USD: usd } } }, effectiveDate: '2026-10-01T00:00:00Z', offerTermCode: 'JRT' } },
      Reserved: { 'ABC.38N': { priceDimensions: { 'ABC.38N.2TG': { unit: 'Quantity', pricePerUnit: { USD: '800' } }, 'ABC.38N.6YS': { unit: 'Hrs', pricePerUnit: { USD: '0.01' } } } } },
    },
    version: '20261015',
    publicationDate: '2026-10-15T20:11:12Z',
    ...more,
  });
}

const read = (entries: unknown[], region?: string) => onDemandPrices({ PriceList: entries }, 'p.json', region);

test('takes the on-demand hour of shared Linux, its date, and nothing that is billed otherwise', () => {
  const prices = read([
    product('c7g.xlarge', '0.1560000000'), product('c6g.xlarge', '0.1460000000'), product('c7g.xlarge', '0.2180000000', { operatingSystem: 'RHEL' }),
    product('c7g.xlarge', '0.1700000000', { tenancy: 'Dedicated' }), product('c7g.xlarge', '0.3000000000', { preInstalledSw: 'SQL Std' }),
    product('c7g.xlarge', '0.0000000000', { capacitystatus: 'AllocatedCapacityReservation' }), product('c8g.xlarge', '0.0000000000'),
  ]);
  expect({ ...prices, hourly: [...prices.hourly] }).toEqual({ source: 'AWS price list API, eu-west-1, on demand', date: '2026-10-15', currency: 'USD', hourly: [['c7g.xlarge', 0.156], ['c6g.xlarge', 0.146]] });
});

test('one region is chosen from several', () => {
  const both = [product('c7g.xlarge', '0.156'), product('c7g.xlarge', '0.145', { regionCode: 'us-east-1' })];
  expect(() => read(both)).toThrow('--prices p.json holds prices of 2 regions (eu-west-1, us-east-1): choose one with --region.');
  expect([...read(both, 'us-east-1').hourly]).toEqual([['c7g.xlarge', 0.145]]);
  expect(() => read(both, 'eu-west-2')).toThrow('--prices p.json holds no on-demand price by the hour in USD of Linux with shared tenancy in eu-west-2:');
});

test.each<[string, unknown[], string]>([
  ['two prices of one type', [product('c7g.xlarge', '0.156'), product('c7g.xlarge', '0.2')], '--prices p.json holds two prices for c7g.xlarge (0.156 and 0.2 USD an hour)'],
  ['an entry that is no JSON', ['{'], '--prices p.json has an entry in PriceList that is no JSON'],
  ['an entry that is no product', [{ a: 1 }], '--prices p.json has an entry in PriceList that is no product with its terms'],
  ['no date', [product('c7g.xlarge', '0.156', {}, { publicationDate: undefined })], '--prices p.json has no publicationDate'],
  ['nothing', [], '--prices p.json holds no on-demand price'],
])('%s is one sentence', (_, entries, sentence) => {
  expect(() => read(entries)).toThrow(sentence);
});
