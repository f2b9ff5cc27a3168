import { Aws, CfnMapping, Stack, Token } from 'aws-cdk-lib';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import type { Construct } from 'constructs';

/** One released image of AWS's Graviton TensorFlow inference containers. @internal */
export interface DeepLearningContainerRelease {
  readonly version: string;
  readonly repository: string;
  readonly tag: string;
  /** The end of AWS's patches: a day, a month or a year. */
  readonly endOfPatch: string;
  /** The image's own start is broken (its script lost its shebang), so a shell must run it. */
  readonly entrypoint?: string;
}

/**
 * The released tags: the one catalogue.
 *
 * @see https://github.com/aws/deep-learning-containers/blob/master/available_images.md
 * @see https://aws.amazon.com/releasenotes/dlc-support-policy/
 * @internal
 */
export const DEEP_LEARNING_CONTAINERS: readonly DeepLearningContainerRelease[] = [
  { version: '2.9.1', repository: 'tensorflow-inference-graviton', tag: '2.9.1-cpu-py38-ubuntu20.04-ec2', endOfPatch: '2023' },
  { version: '2.12.1', repository: 'tensorflow-inference-graviton', tag: '2.12.1-cpu-py310-ubuntu20.04-ec2', endOfPatch: '2023' },
  { version: '2.13.0', repository: 'tensorflow-inference-graviton', tag: '2.13.0-cpu-py310-ubuntu20.04-ec2', endOfPatch: '2024-07' },
  { version: '2.14.1', repository: 'tensorflow-inference-graviton', tag: '2.14.1-cpu-py310-ubuntu20.04-ec2', endOfPatch: '2024-09-26' },
  { version: '2.16.1', repository: 'tensorflow-inference-graviton', tag: '2.16.1-cpu-py310-ubuntu20.04-ec2', endOfPatch: '2025-03-07' },
  { version: '2.18.0', repository: 'tensorflow-inference-arm64', tag: '2.18.0-cpu-py310-ubuntu20.04-ec2', endOfPatch: '2025-10-24' },
  {
    version: '2.19.0', repository: 'tensorflow-inference-arm64', tag: '2.19.0-cpu-py312-ubuntu22.04-sagemaker', endOfPatch: '2026-03-11',
    entrypoint: '/bin/bash',
  },
];

/** The release that the guide names. @internal */
export const DEFAULT_DEEP_LEARNING_CONTAINER = '2.14.1';

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

/** Registry account and domain of a region, by its name. */
interface Registry {
  readonly account: string;
  readonly domain: string;
}

function registries(): Record<string, Registry> {
  const found: Record<string, Registry> = {};
  for (const region of RegionInfo.regions) {
    const account = region.dlcRepositoryAccount ?? ACCOUNTS_REGION_INFO_LACKS[region.name];
    if (account !== undefined) {
      found[region.name] = { account, domain: region.domainSuffix ?? 'amazonaws.com' };
    }
  }
  return found;
}

/** Where the Deep Learning Containers of the stack's region are. @internal */
export interface DeepLearningContainerRegistry {
  readonly account: string;
  readonly host: string;
}

/**
 * The registry of the stack's region: literal where the region is known, else by a mapping in the
 * template, so that an environment-agnostic stack works in every region.
 *
 * @throws when the region is known and has no such registry
 * @internal
 */
export function deepLearningContainerRegistry(scope: Construct): DeepLearningContainerRegistry {
  const stack = Stack.of(scope);
  const known = registries();
  if (!Token.isUnresolved(stack.region)) {
    const registry = known[stack.region];
    if (registry === undefined) {
      throw new Error(
        `runtime: the Deep Learning Containers have no known registry in region "${stack.region}"; allowed are ${Object.keys(known).sort().join(', ')}, or TensorFlowRuntime.fromEcrRepository() with your own copy.`,
      );
    }
    return { account: registry.account, host: `${registry.account}.dkr.ecr.${stack.region}.${registry.domain}` };
  }
  const mapping = (stack.node.tryFindChild('DeepLearningContainerRegistries') as CfnMapping | undefined) ?? new CfnMapping(stack, 'DeepLearningContainerRegistries', {
    lazy: true,
    mapping: Object.fromEntries(Object.entries(known).map(([region, registry]) => [region, { account: registry.account }])),
  });
  const account = mapping.findInMap(Aws.REGION, 'account');
  return { account, host: `${account}.dkr.ecr.${Aws.REGION}.${Aws.URL_SUFFIX}` };
}
