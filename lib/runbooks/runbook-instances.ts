import { Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { STACK_TAG } from './runbook-names';

/**
 * What the permission to run a runbook names: what `RunbookInstances.bind()` returns.
 */
export interface RunbookInstancesConfig {
  /** ARNs of instances. */
  readonly resourceArns: string[];

  /**
   * Conditions, by operator and key, under which commands may be sent to them.
   *
   * @default - none
   */
  readonly conditions?: { [operator: string]: { [key: string]: string } };

  /** The stack by whose name `graviton-tf diagnose --stack` finds the runbook. */
  readonly stackName: string;
}

/**
 * Which instances a runbook may be run on.
 */
export abstract class RunbookInstances {
  /**
   * The servers of one stack.
   *
   * @param stackName of the servers; the runbook's own stack when not given
   */
  public static ofStack(stackName?: string): RunbookInstances {
    return new TaggedInstances((scope) => {
      const name = stackName ?? Stack.of(scope).stackName;
      return { key: STACK_TAG, value: name, stackName: name };
    });
  }

  /**
   * Instances with a tag, also ones that this library did not deploy.
   *
   * @throws when the key or the value is not one that EC2 takes
   */
  public static tagged(key: string, value: string): RunbookInstances {
    if (!Token.isUnresolved(key) && !/^(?!aws:)[\w .:/=+@-]{1,128}$/.test(key)) {
      throw new Error(`tag: got the key "${key}"; allowed are 1 to 128 letters, digits, spaces and _.:/=+-@ that do not begin with "aws:".`);
    }
    if (!Token.isUnresolved(value) && !/^[\w .:/=+@-]{1,256}$/.test(value)) {
      throw new Error(`tag ${key}: got the value "${value}"; allowed are 1 to 256 letters, digits, spaces and _.:/=+-@.`);
    }
    return new TaggedInstances((scope) => ({ key, value, stackName: Stack.of(scope).stackName }));
  }

  /**
   * Instances by their ids.
   *
   * @throws when there is none, or one is no id
   */
  public static withIds(...instanceIds: string[]): RunbookInstances {
    const wrong = instanceIds.find((id) => !Token.isUnresolved(id) && !/^i-([0-9a-f]{8}|[0-9a-f]{17})$/.test(id));
    if (wrong !== undefined || instanceIds.length === 0) {
      throw new Error(`instances: got ${wrong === undefined ? 'none' : `"${wrong}"`}; allowed are instance ids such as "i-0123456789abcdef0".`);
    }
    return new NamedInstances(instanceIds);
  }

  /** Called by the grants of the runbook's document. */
  public abstract bind(scope: Construct): RunbookInstancesConfig;
}

class TaggedInstances extends RunbookInstances {
  constructor(private readonly tagIn: (scope: Construct) => { key: string; value: string; stackName: string }) {
    super();
  }

  public bind(scope: Construct): RunbookInstancesConfig {
    const { key, value, stackName } = this.tagIn(scope);
    return {
      resourceArns: [instanceArn(scope, '*')],
      // The service's own key: with global ones, Run Command needs more conditions than this.
      conditions: { StringEquals: { [`ssm:resourceTag/${key}`]: value } },
      stackName,
    };
  }
}

class NamedInstances extends RunbookInstances {
  constructor(private readonly instanceIds: string[]) {
    super();
  }

  public bind(scope: Construct): RunbookInstancesConfig {
    return { resourceArns: this.instanceIds.map((id) => instanceArn(scope, id)), stackName: Stack.of(scope).stackName };
  }
}

function instanceArn(scope: Construct, id: string): string {
  return Stack.of(scope).formatArn({ service: 'ec2', resource: 'instance', resourceName: id });
}
