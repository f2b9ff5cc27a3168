import { RegionInfo } from 'aws-cdk-lib/region-info';

/**
 * Registry accounts that `aws-cdk-lib/region-info` lacks.
 *
 * @see https://docs.aws.amazon.com/sagemaker/latest/dg-ecr-paths/sagemaker-algo-docker-registry-paths.html
 */
const ACCOUNTS_REGION_INFO_LACKS: Record<string, string> = {
  'af-south-1': '626614931356',
  'ap-northeast-3': '364406365360',
  'ap-southeast-5': '550225433462',
  'ap-southeast-7': '590183813437',
  'ca-west-1': '204538143572',
  'il-central-1': '780543022126',
  'mx-central-1': '637423239942',
};

/** Where a region's Deep Learning Containers are. @internal */
export interface ContainerRegistry {
  readonly account: string;
  readonly host: string;
}

/**
 * The registry of every region that has one, by the region's name. The command line bundles this
 * file: of aws-cdk-lib it may import the region facts only.
 *
 * @internal
 */
export function containerRegistries(): { [region: string]: ContainerRegistry } {
  const found: { [region: string]: ContainerRegistry } = {};
  for (const region of RegionInfo.regions) {
    const account = region.dlcRepositoryAccount ?? ACCOUNTS_REGION_INFO_LACKS[region.name];
    if (account !== undefined) {
      found[region.name] = { account, host: `${account}.dkr.ecr.${region.name}.${region.domainSuffix ?? 'amazonaws.com'}` };
    }
  }
  return found;
}
