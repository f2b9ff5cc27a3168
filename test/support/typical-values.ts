import type { Template } from 'aws-cdk-lib/assertions';

/** What CloudFormation would have put for its pseudo parameters. */
export const TYPICAL: { [pseudoParameter: string]: string } = {
  'AWS::Region': 'us-west-2',
  'AWS::AccountId': '111122223333',
  'AWS::Partition': 'aws',
  'AWS::URLSuffix': 'amazonaws.com',
  'AWS::StackName': 'Production-TensorFlow',
  'AWS::StackId': 'arn:aws:cloudformation:us-west-2:111122223333:stack/Production-TensorFlow/6f9d0c40-1c8a-11ef-9f6e-0a1b2c3d4e5f',
};

interface CloudFormationTemplate {
  readonly Mappings?: { [mapping: string]: { [key: string]: { [key: string]: unknown } } };
  readonly Parameters?: { [name: string]: { readonly Type: string; readonly Default?: unknown } };
}

/**
 * A value of a template with its intrinsic functions evaluated, as CloudFormation would in us-west-2.
 * Physical names have the length that CloudFormation's generated ones have.
 *
 * @throws on an intrinsic function that it does not know, so that nothing stays unevaluated silently
 */
export function withTypicalValues<T = any>(template: Template, value: unknown, values: { [name: string]: string } = {}): T {
  const { Mappings = {}, Parameters = {} } = template.toJSON() as CloudFormationTemplate;
  const known = { ...TYPICAL, ...values };

  function ref(name: string): string {
    const parameter = Parameters[name];
    if (parameter) {
      return known[name] ?? (parameter.Type.includes('AWS::EC2::Image::Id') ? 'ami-0123456789abcdef0' : String(parameter.Default));
    }
    if (name.startsWith('AWS::') && !(name in known)) {
      throw new Error(`no typical value for ${name}`);
    }
    return known[name] ?? `${known['AWS::StackName']}-${name}-AbCdEfGhIjKl`;
  }

  function attribute([name, attr]: string[]): string {
    return known[`${name}.${attr}`] ?? (attr === 'Arn' ? `arn:aws:typical:us-west-2:111122223333:${ref(name)}` : `${name}.${attr}`);
  }

  const functions: { [name: string]: (argument: any) => unknown } = {
    'Ref': ref,
    'Fn::GetAtt': (argument) => attribute(Array.isArray(argument) ? argument : argument.split('.')),
    'Fn::Join': ([separator, parts]) => evaluate<unknown[]>(parts).join(separator),
    'Fn::Sub': (text) => String(text).replace(/\$\{([^}]+)\}/g, (_, name: string) => (name.includes('.') ? attribute(name.split('.')) : ref(name))),
    'Fn::FindInMap': (path) => {
      const [mapping, key, second] = evaluate<string[]>(path);
      return Mappings[mapping][key][second];
    },
    'Fn::Select': ([index, list]) => evaluate<unknown[]>(list)[Number(index)],
    'Fn::Split': ([separator, text]) => evaluate<string>(text).split(separator),
    'Fn::Base64': (text) => Buffer.from(evaluate<string>(text)).toString('base64'),
    'Fn::GetAZs': () => ['us-west-2a', 'us-west-2b'],
  };

  function evaluate<R = unknown>(part: unknown): R {
    if (Array.isArray(part)) {
      return part.map((element) => evaluate(element)) as R;
    }
    if (typeof part !== 'object' || part === null) {
      return part as R;
    }
    const entries = Object.entries(part);
    const [name, argument] = entries[0] ?? [''];
    if (entries.length === 1 && (name === 'Ref' || name.startsWith('Fn::'))) {
      if (!(name in functions)) {
        throw new Error(`no evaluation of ${name}`);
      }
      return functions[name](argument) as R;
    }
    return Object.fromEntries(entries.map(([key, inner]) => [key, evaluate(inner)])) as R;
  }

  return evaluate<T>(value);
}

/** The only resource of a type, evaluated; `prefix` of its logical id chooses between several. */
export function resourceOf(template: Template, type: string, prefix = ''): any {
  const found = Object.entries(template.findResources(type)).filter(([id]) => id.startsWith(prefix));
  if (found.length !== 1) {
    throw new Error(`expected one ${type} with ids ${prefix}…, found ${found.length}`);
  }
  return withTypicalValues(template, found[0][1]);
}
