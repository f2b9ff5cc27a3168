import * as path from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { MlperfRunbook, type MlperfRunbookProps } from '../../lib';
import { renderDocument } from '../../lib/runbooks/render-document';
import { describeWithFlags, newApp } from '../support/feature-flags';
import { rightsOf } from '../support/role-statements';
import { resourceOf } from '../support/typical-values';

const FOLDER = path.join(__dirname, '..', '..', 'runbooks', 'mlperf');

function runbookIn(props?: (stack: Stack) => MlperfRunbookProps, app = newApp()) {
  const stack = new Stack(app, 'Stack');
  return { stack, runbook: new MlperfRunbook(stack, 'Mlperf', props?.(stack)) };
}

describeWithFlags('the runbook', (makeApp) => {
  const template = Template.fromStack(runbookIn(undefined, makeApp()).stack);

  test('is the document of its folder, with synthetic images, whose tag is mlperf', () => {
    const { Content, Tags } = resourceOf(template, 'AWS::SSM::Document').Properties;

    expect(JSON.stringify(Content)).toBe(JSON.stringify(renderDocument(FOLDER, { fixed: ['Sources', 'Commit', 'Python', 'PipIndexUrl'] })));
    expect(Content.parameters.Images.default).toBe('');
    expect(Tags).toContainEqual({ Key: 'graviton-tensorflow:runbook', Value: 'mlperf' });
  });

  test('holds its files itself: an instance needs no right to fetch them', () => {
    const { Content } = resourceOf(template, 'AWS::SSM::Document').Properties;
    const [prepare] = Content.mainSteps;

    expect(prepare.inputs.runCommand.filter((line: string) => line.startsWith('CARRIED='))).toEqual([expect.not.stringContaining('s3://')]);
  });
});

test('where programs come from is for the deployment to say, not for who runs it', () => {
  const { stack } = runbookIn(() => ({ sources: 'https://git.example.com/mirror', pipIndexUrl: 'https://pypi.example.com/simple' }));
  const { parameters } = resourceOf(Template.fromStack(stack), 'AWS::SSM::Document').Properties.Content;
  const taken = (name: string, value: string) => new RegExp(parameters[name].allowedPattern).test(value);

  expect([parameters.Sources.default, parameters.PipIndexUrl.default]).toEqual(['https://git.example.com/mirror', 'https://pypi.example.com/simple']);
  for (const name of ['Sources', 'Commit', 'Python', 'PipIndexUrl']) expect([name, taken(name, parameters[name].default), taken(name, `${parameters[name].default}x`)]).toEqual([name, true, false]);
  expect(taken('Sources', 'https://git-example.com/mirror')).toBe(false);
  expect(taken('Seconds', '601')).toBe(true);
});

test('everything that is downloaded is pinned, or its address is a parameter', () => {
  const { parameters } = renderDocument(FOLDER);

  expect(parameters.Commit.default).toBe('33894a19c4af6207f7cfdda75f84570f04836de5');
  expect(Object.keys(parameters)).toEqual(expect.arrayContaining(['Sources', 'Model', 'ModelChecksum', 'Dataset', 'DatasetChecksum', 'Vocabulary', 'VocabularyChecksum', 'PipIndexUrl']));
});

describe('images in S3', () => {
  const role = (stack: Stack) => new iam.Role(stack, 'Server', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') });

  test('are what ResNet50 is measured with by default', () => {
    const { stack } = runbookIn((scope) => ({ images: { bucket: s3.Bucket.fromBucketName(scope, 'Data', 'datasets'), objectKey: 'imagenet/val.tar' } }));

    expect(resourceOf(Template.fromStack(stack), 'AWS::SSM::Document').Properties.Content.parameters.Images.default).toBe('s3://datasets/imagenet/val.tar');
  });

  test('a server may read that object, and no other one', () => {
    const { stack, runbook } = runbookIn((scope) => ({ images: { bucket: s3.Bucket.fromBucketName(scope, 'Data', 'datasets'), objectKey: 'imagenet/val.tar' } }));
    runbook.grantReadImages(role(stack));

    expect(rightsOf(Template.fromStack(stack), 'Server')).toEqual([['s3:GetObject', 'arn:aws:s3:::datasets/imagenet/val.tar']]);
  });

  test('or what is below that prefix, and list it; and decrypt it', () => {
    const { stack, runbook } = runbookIn((scope) => ({
      images: { bucket: new s3.Bucket(scope, 'Data', { encryptionKey: new kms.Key(scope, 'Key') }), objectKey: 'imagenet/' },
    }));
    runbook.grantReadImages(role(stack));
    const rights = rightsOf(Template.fromStack(stack), 'Server');

    expect(rights.map(([action]) => action)).toEqual(['kms:Decrypt', 's3:GetObject', 's3:ListBucket']);
    expect(rights[1][1]).toMatch(/\/imagenet\/\*$/);
    expect(rights[2][2]).toEqual({ StringLike: { 's3:prefix': ['imagenet/*'] } });
  });

  test.each(['/imagenet/', 'imagenet/*', 'a key', ''])('a key that would be another one to IAM or the instance is refused: %j', (objectKey) => {
    expect(() => runbookIn((scope) => ({ images: { bucket: s3.Bucket.fromBucketName(scope, 'Data', 'datasets'), objectKey } }))).toThrow(
      `images.objectKey: got "${objectKey}"; allowed are 1 to 900 letters, digits and ._~/@:+,=%- that do not begin with "/".`,
    );
  });

  test('without them there is nothing to be granted', () => {
    const { stack, runbook } = runbookIn();

    expect(() => runbook.grantReadImages(role(stack))).toThrow('images: got none, which are synthetic ones; allowed is a grant on those in S3.');
  });
});
