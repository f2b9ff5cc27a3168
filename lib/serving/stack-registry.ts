import { Aws, CfnMapping, Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { containerRegistries, type ContainerRegistry } from './container-registries';

/**
 * The registry of the stack's region: literal where the region is known, else by a mapping in the
 * template, so that an environment-agnostic stack works in every region.
 *
 * @throws when the region is known and has no such registry
 * @internal
 */
export function deepLearningContainerRegistry(scope: Construct): ContainerRegistry {
  const stack = Stack.of(scope);
  const known = containerRegistries();
  if (!Token.isUnresolved(stack.region)) {
    const registry = known[stack.region];
    if (registry === undefined) {
      throw new Error(
        `runtime: the Deep Learning Containers have no known registry in region "${stack.region}"; allowed are ${Object.keys(known).sort().join(', ')}, or TensorFlowRuntime.fromEcrRepository() with your own copy.`,
      );
    }
    return registry;
  }
  const mapping = (stack.node.tryFindChild('DeepLearningContainerRegistries') as CfnMapping | undefined) ?? new CfnMapping(stack, 'DeepLearningContainerRegistries', {
    lazy: true,
    mapping: Object.fromEntries(Object.entries(known).map(([region, registry]) => [region, { account: registry.account }])),
  });
  const account = mapping.findInMap(Aws.REGION, 'account');
  return { account, host: `${account}.dkr.ecr.${Aws.REGION}.${Aws.URL_SUFFIX}` };
}
