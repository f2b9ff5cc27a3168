import { NestedStack, Stack, Token } from 'aws-cdk-lib';
import { RunbookInstances } from '../../lib';
import { newApp } from '../support/feature-flags';

const env = { account: '111122223333', region: 'us-west-2' };
const inStack = () => new Stack(newApp(), 'Stack', { stackName: 'Production', env });
const ARN = 'arn:aws:ec2:us-west-2:111122223333:instance';

/** With the partition put in, which no environment tells. */
function bound(instances: RunbookInstances, stack = inStack()): unknown {
  return JSON.parse(JSON.stringify(stack.resolve(instances.bind(stack))).replaceAll('{"Fn::Join":["",["arn:",{"Ref":"AWS::Partition"},":ec2:', '{"Fn::Join":["",["arn:aws:ec2:')
    .replaceAll(/\{"Fn::Join":\["",\["([^"]*)"\]\]\}/g, '"$1"'));
}

describe('instances', () => {
  test('of the runbook\'s own stack', () => {
    expect(bound(RunbookInstances.ofStack())).toEqual({
      resourceArns: [`${ARN}/*`], conditions: { StringEquals: { 'ssm:resourceTag/graviton-tensorflow:stack': 'Production' } }, stackName: 'Production',
    });
  });

  test('of another stack, by whose name the command line then finds the runbook', () => {
    expect(bound(RunbookInstances.ofStack('Serving'))).toMatchObject({ conditions: { StringEquals: { 'ssm:resourceTag/graviton-tensorflow:stack': 'Serving' } }, stackName: 'Serving' });
  });

  test('of a nested stack, whose name is only known at deployment', () => {
    const stack = new NestedStack(inStack(), 'Nested');
    const { conditions, stackName } = stack.resolve(RunbookInstances.ofStack().bind(stack));

    expect(stackName).toEqual({ Ref: 'AWS::StackName' });
    expect(conditions.StringEquals['ssm:resourceTag/graviton-tensorflow:stack']).toEqual(stackName);
  });

  test('with a tag', () => {
    expect(bound(RunbookInstances.tagged('team:name', 'Machine Learning'))).toEqual({
      resourceArns: [`${ARN}/*`], conditions: { StringEquals: { 'ssm:resourceTag/team:name': 'Machine Learning' } }, stackName: 'Production',
    });
    expect(bound(RunbookInstances.tagged('team', Token.asString({ Ref: 'Team' })))).toMatchObject({ conditions: { StringEquals: { 'ssm:resourceTag/team': { Ref: 'Team' } } } });
  });

  test('by their ids, which need no condition', () => {
    expect(bound(RunbookInstances.withIds('i-0123456789abcdef0', 'i-01234567'))).toEqual({ resourceArns: [`${ARN}/i-0123456789abcdef0`, `${ARN}/i-01234567`], stackName: 'Production' });
  });
});

describe('an error names what was got and what is allowed', () => {
  const keys = 'allowed are 1 to 128 letters, digits, spaces and _.:/=+-@ that do not begin with "aws:".';
  const values = 'allowed are 1 to 256 letters, digits, spaces and _.:/=+-@.';

  test.each(['', 'aws:autoscaling:groupName', 'a*', 'k'.repeat(129)])('the key %j', (key) => {
    expect(() => RunbookInstances.tagged(key, 'v')).toThrow(new Error(`tag: got the key "${key}"; ${keys}`));
  });

  test.each(['', '*', '${aws:username}', 'v'.repeat(257)])('the value %j', (value) => {
    expect(() => RunbookInstances.tagged('team', value)).toThrow(new Error(`tag team: got the value "${value}"; ${values}`));
  });

  test.each([[[], 'none'], [['i-0123456789abcdef0', '*'], '"*"'], [['mi-0123456789abcdef0'], '"mi-0123456789abcdef0"']])('the ids %j', (ids, got) => {
    expect(() => RunbookInstances.withIds(...ids)).toThrow(new Error(`instances: got ${got}; allowed are instance ids such as "i-0123456789abcdef0".`));
  });
});
