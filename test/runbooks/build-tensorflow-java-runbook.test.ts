import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { BuildTensorFlowJavaRunbook, type BuildTensorFlowJavaRunbookProps } from '../../lib';
import { renderDocument } from '../../lib/runbooks/render-document';
import { describeWithFlags, newApp } from '../support/feature-flags';
import { rightsOf } from '../support/role-statements';
import { resourceOf } from '../support/typical-values';

const FOLDER = path.join(__dirname, '..', '..', 'runbooks', 'build-java');
const FIXED = ['Sources', 'MavenRepository', 'Model', 'PipIndexUrl'];

function runbookIn(props?: (stack: Stack) => BuildTensorFlowJavaRunbookProps, app = newApp()) {
  const stack = new Stack(app, 'Stack');
  return { stack, runbook: new BuildTensorFlowJavaRunbook(stack, 'Java', props?.(stack)) };
}

const parametersOf = (stack: Stack) => resourceOf(Template.fromStack(stack), 'AWS::SSM::Document').Properties.Content.parameters;

describeWithFlags('the runbook', (makeApp) => {
  const { Content, Tags } = resourceOf(Template.fromStack(runbookIn(undefined, makeApp()).stack), 'AWS::SSM::Document').Properties;

  test('is the document of its folder, whose tag is build-java, for a bucket of its own', () => {
    const { ArtifactsBucket, ...parameters } = Content.parameters;
    const { ArtifactsBucket: _, ...expected } = renderDocument(FOLDER, { fixed: FIXED, store: () => 's3://carried' }).parameters;

    expect(parameters).toEqual(expected);
    expect(ArtifactsBucket.default).toMatch(/JavaArtifacts/);
    expect(Tags).toContainEqual({ Key: 'graviton-tensorflow:runbook', Value: 'build-java' });
  });

  test('offers the published JARs first', () => {
    expect(Content.parameters.Source).toMatchObject({ default: 'published', allowedValues: ['published', 'build'] });
  });

  test('has instances fetch its files, whose checksum it knows', () => {
    expect(Content.mainSteps[0].inputs.runCommand.slice(1, 3)).toEqual([expect.stringMatching(/^CARRIED='s3:/), expect.stringMatching(/^CARRIED_SHA256='[0-9a-f]{64}'$/)]);
  });
});

test('where programs come from is for the deployment to say, not for who runs it', () => {
  const { stack } = runbookIn((scope) => ({
    sources: 'https://git.example.com/mirror', mavenRepository: 'https://maven.example.com/central', pipIndexUrl: 'https://pypi.example.com/simple',
    model: { bucket: s3.Bucket.fromBucketName(scope, 'Models', 'models'), objectKey: 'demo/1/' },
  }));
  const parameters = parametersOf(stack);
  const taken = (name: string, value: string) => new RegExp(parameters[name].allowedPattern).test(value);

  expect(FIXED.map((name) => parameters[name].default)).toEqual(['https://git.example.com/mirror', 'https://maven.example.com/central', 's3://models/demo/1/', 'https://pypi.example.com/simple']);
  for (const name of FIXED) expect([name, taken(name, parameters[name].default), taken(name, `${parameters[name].default}x`)]).toEqual([name, true, false]);
  expect(taken('MavenRepository', 'https://maven-example.com/central')).toBe(false);
});

test.each([['mavenRepository', 'MavenRepository', 'http://maven.example.com'], ['sources', 'Sources', 'git@example.com:mirror']])('%s: what anyone on the way can change is refused, since it runs as root', (name, parameter, url) => {
  expect(() => runbookIn(() => ({ [name]: url }))).toThrow(`parameter "${parameter}": default: got "${url}"; allowed is what allowedPattern takes, ^(https|file)://`);
});

describe('a model of yours', () => {
  const role = (stack: Stack) => new iam.Role(stack, 'Builder', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') });

  test('in a bucket of this deployment is fixed too, by its name when there is one', () => {
    const { stack } = runbookIn((scope) => ({ model: { bucket: new s3.Bucket(scope, 'Models'), objectKey: 'a.b/' } }));
    const [document] = Object.values(Template.fromStack(stack).findResources('AWS::SSM::Document'));
    const { default: place, allowedPattern } = document.Properties.Content.parameters.Model;
    const bucket = { Ref: expect.stringMatching(/^Models/) };

    expect(place).toEqual({ 'Fn::Join': ['', ['s3://', bucket, '/a.b/']] });
    expect(allowedPattern).toEqual({ 'Fn::Join': ['', ['^s3://', bucket, '/a\\.b/$']] });
  });

  test('can be read by the instances, and what is brought can be put', () => {
    const { stack, runbook } = runbookIn((scope) => ({
      artifactsBucket: s3.Bucket.fromBucketName(scope, 'Artifacts', 'artifacts'), resultsBucket: s3.Bucket.fromBucketName(scope, 'Results', 'results'),
      model: { bucket: s3.Bucket.fromBucketName(scope, 'Models', 'models'), objectKey: 'demo/' },
    }));
    runbook.grants.runOn(role(stack));
    const rights = rightsOf(Template.fromStack(stack), 'Builder');

    expect(rights).toEqual(expect.arrayContaining([
      ['s3:PutObject', 'arn:aws:s3:::artifacts/build-java/*'],
      ['s3:GetObject', 'arn:aws:s3:::models/demo/*'],
      ['s3:ListBucket', 'arn:aws:s3:::models', { StringLike: { 's3:prefix': ['demo/*'] } }],
    ]));
    // Beside the results and the files that the document carries.
    expect(rights.map(([action]) => action)).toEqual(['s3:GetObject', 's3:GetObject', 's3:ListBucket', 's3:PutObject', 's3:PutObject', 's3:PutObjectAcl']);
  });

  test.each([
    ['a model', 'allowed are 1 to 900 letters, digits and ._~/@:+,=%- that do not begin with "/".'],
    ['demo', 'allowed is a prefix, with "/" at its end.'],
  ])('%j is no prefix of objects', (objectKey, allowed) => {
    expect(() => runbookIn((scope) => ({ model: { bucket: s3.Bucket.fromBucketName(scope, 'Models', 'models'), objectKey } }))).toThrow(`model.objectKey: got "${objectKey}"; ${allowed}`);
  });
});

test('the default release is one whose JARs are published', () => {
  const releases = readFileSync(path.join(FOLDER, 'releases.txt'), 'utf8').split('\n').filter((line) => line.startsWith('release ')).map((line) => line.split(/ +/));
  const known = renderDocument(FOLDER, { store: () => 's3://carried' }).parameters.Release.default;

  expect(releases.find(([, release]) => release === known)).toEqual(['release', known, expect.any(String), expect.stringMatching(/^[0-9a-f]{40}$/), '11', '17', 'published']);
});
