import { type Filter, PricingClient, paginateGetProducts } from '@aws-sdk/client-pricing';
import { explain, regionFrom } from '../aws-errors';
import { CannotTell } from '../cannot-tell';
import { onDemandPrices } from './price-list';
import type { Prices } from './prices';

/** The API answers in few regions, for all of them: https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-price-list-query-api.html */
const endpointRegion = 'us-east-1';

/** What an instance costs that is started and nothing else. */
const onDemandLinux = { operatingSystem: 'Linux', tenancy: 'Shared', capacitystatus: 'Used', preInstalledSw: 'NA' };

/** Asks the AWS price list API what these instance types cost in a region; AWS_ENDPOINT_URL_PRICING is another address of it. */
export async function askPrices(instanceTypes: readonly string[], region: string | undefined): Promise<Prices> {
  const where = regionFrom(region);
  if (where === undefined) throw new CannotTell('--prices aws needs the region whose prices are meant: pass --region, or set AWS_REGION.');
  if (!instanceTypes.length) throw new CannotTell('--prices aws has no instance type to ask for: no run says its own, so give them with --instance-type LABEL=TYPE.');
  const client = new PricingClient({ region: endpointRegion });
  const products: unknown[] = [];
  try {
    for (const instanceType of instanceTypes) {
      for await (const page of paginateGetProducts({ client }, { ServiceCode: 'AmazonEC2', Filters: filters({ ...onDemandLinux, instanceType, regionCode: where }) })) {
        products.push(...page.PriceList ?? []);
      }
    }
  } catch (error) {
    return explain(error, endpointRegion);
  }
  return onDemandPrices({ PriceList: products }, 'aws', where);
}

function filters(wanted: Readonly<Record<string, string>>): Filter[] {
  return Object.entries(wanted).map(([Field, Value]) => ({ Type: 'TERM_MATCH', Field, Value }));
}
