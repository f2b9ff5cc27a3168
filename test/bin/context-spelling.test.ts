import { App } from 'aws-cdk-lib';
import { readContext } from '../../bin/context';

test.each([['instancetype', 'instanceType'], ['instance-type', 'instanceType'], ['MODEL', 'model'], ['stack_name', 'stackName']])('%s is taken for %s misspelt', (written, meant) => {
  const { node } = new App({ context: { model: 's3://a-bucket/x', [written]: 'c7g.large' } });
  expect(() => readContext(node)).toThrow(`context key "${written}": got a key that is not read; allowed is "${meant}".`);
});

test('keys of other tools are none of the app\'s business', () => {
  const { node } = new App({ context: { 'model': 's3://a-bucket/x', '@aws-cdk/core:x': true, 'acme:model': 'x' } });
  expect(readContext(node).stackName).toBe('GravitonTensorFlow');
});
