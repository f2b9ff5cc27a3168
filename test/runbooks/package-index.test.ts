import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { OptimizeGraphRunbook, type PackageIndexOptions, RightSizeRunbook } from '../../lib';
import { newApp } from '../support/feature-flags';
import { messageOf } from '../support/thrown';
import { resourceOf } from '../support/typical-values';

describe.each([['optimize', OptimizeGraphRunbook], ['right-size', RightSizeRunbook]])('%s', (_, Runbook) => {
  const parameterOf = (props?: PackageIndexOptions) => {
    const stack = new Stack(newApp(), 'Stack');
    new Runbook(stack, 'Runbook', props);
    return resourceOf(Template.fromStack(stack), 'AWS::SSM::Document').Properties.Content.parameters.PipIndexUrl;
  };

  test('installs from PyPI, and who runs it cannot say otherwise', () => {
    expect(parameterOf()).toMatchObject({ default: '', allowedPattern: '^$' });
  });

  test('installs from the mirror of the deployment, and from no other', () => {
    const { default: url, allowedPattern } = parameterOf({ pipIndexUrl: 'https://pypi.example.com/simple' });
    expect([url, new RegExp(allowedPattern).test(url), new RegExp(allowedPattern).test('https://pypi-example.com/simple')]).toEqual(['https://pypi.example.com/simple', true, false]);
  });

  test('refuses a mirror that is no URL', () => {
    expect(messageOf(() => parameterOf({ pipIndexUrl: 'pypi; rm -rf /' }))).toContain('parameter "PipIndexUrl": default: got "pypi; rm -rf /"');
  });
});
