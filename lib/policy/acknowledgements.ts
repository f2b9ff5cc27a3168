import { Stack, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * Records why a finding of cdk-nag's AwsSolutions pack is right as it is, where it arises, so that a
 * reviewer finds the reason beside the code and in the construct's metadata.
 *
 * @internal
 */
export function acknowledge(construct: IConstruct, rule: string, reason: string): void {
  Validations.of(construct).acknowledge({ id: `AwsSolutions::${rule}`, reason });
}

/**
 * Records why a statement's resource has a wildcard. Each one is acknowledged for itself, so that
 * another wildcard in the same policy is still found.
 *
 * @internal
 */
export function acknowledgeWildcard(construct: IConstruct, resource: string, reason: string): void {
  acknowledge(construct, `AwsSolutions-IAM5[Resource::${flat(Stack.of(construct).resolve(resource))}]`, reason);
}

/** An ARN as findings print it: references in angle brackets. */
function flat(value: unknown): string {
  if (typeof value === 'string') {
    return value.replace(/\$\{([^}]*)\}/g, '<$1>');
  }
  const [[name, argument]] = Object.entries(value as Record<string, unknown>);
  switch (name) {
    case 'Fn::Join':
      return (argument as [string, unknown[]])[1].map(flat).join((argument as [string, unknown[]])[0]);
    case 'Fn::GetAtt':
      return `<${(argument as string[]).join('.')}>`;
    case 'Fn::Sub':
    case 'Fn::ImportValue':
      return flat(argument);
    case 'Ref':
      return `<${String(argument)}>`;
    default:
      return JSON.stringify(value);
  }
}
