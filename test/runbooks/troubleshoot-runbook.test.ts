import * as path from 'node:path';
import { Duration, Stack, Token } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { RunbookInstances, TroubleshootRunbook, type RunbookOptions } from '../../lib';
import { KERNEL_FLOOR } from '../../lib/compute/kernel';
import { renderDocument } from '../../lib/runbooks/render-document';
import { troubleshootDefaults } from '../../lib/runbooks/troubleshoot-defaults';
import { DEEP_LEARNING_CONTAINERS } from '../../lib/serving/released-containers';
import { describeWithFlags, newApp } from '../support/feature-flags';
import { rightsOf, sorted, type Right } from '../support/role-statements';
import { resourceOf } from '../support/typical-values';

const FOLDER = path.join(__dirname, '..', '..', 'runbooks', 'troubleshoot');

function runbookIn(props?: (stack: Stack) => RunbookOptions, app = newApp()) {
  const stack = new Stack(app, 'Stack');
  const runbook = new TroubleshootRunbook(stack, 'Troubleshoot', props?.(stack));
  return { stack, runbook };
}

function roleIn(stack: Stack, id: string): iam.Role {
  return new iam.Role(stack, id, { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') });
}

function documentTags(template: Template): { [key: string]: string } {
  return Object.fromEntries(resourceOf(template, 'AWS::SSM::Document').Properties.Tags.map(({ Key, Value }: { Key: string; Value: string }) => [Key, Value]));
}

describeWithFlags('the runbook', (makeApp) => {
  const { stack } = runbookIn(undefined, makeApp());
  const template = Template.fromStack(stack);

  test('is a document, a bucket and the bucket\'s policy, whose ids are a contract', () => {
    expect(Object.entries<{ Type: string }>(template.toJSON().Resources).map(([id, { Type }]) => [id, Type]).sort()).toEqual([
      ['TroubleshootDocument4F859798', 'AWS::SSM::Document'],
      ['TroubleshootResultsA9E67A5B', 'AWS::S3::Bucket'],
      ['TroubleshootResultsPolicy0C10CD96', 'AWS::S3::BucketPolicy'],
    ]);
  });

  test('is the document of its folder, which knows the kernel floor and the catalogue', () => {
    const { Content } = resourceOf(template, 'AWS::SSM::Document').Properties;

    expect(JSON.stringify(Content)).toBe(JSON.stringify(renderDocument(FOLDER, { defaults: troubleshootDefaults() })));
    expect(Content.parameters.KernelFloor.default).toBe(KERNEL_FLOOR);
    expect(Content.parameters.EndOfPatch.default.split(' ')).toEqual(DEEP_LEARNING_CONTAINERS.map(({ repository, tag, endOfPatch }) => `${repository}:${tag}=${endOfPatch}`));
    expect(Content.parameters.EndOfPatch.default).toContain('tensorflow-inference-graviton:2.14.1-cpu-py310-ubuntu20.04-ec2=2024-09-26');
  });

  test('is found by its tags, as its results are', () => {
    const [bucket] = Object.keys(template.findResources('AWS::S3::Bucket'));

    expect(documentTags(template)).toEqual({
      'graviton-tensorflow:runbook': 'troubleshoot', 'graviton-tensorflow:stack': 'Stack', 'graviton-tensorflow:results': `Production-TensorFlow-${bucket}-AbCdEfGhIjKl`,
    });
  });

  test('keeps its results encrypted, private, by TLS only, for 30 days, and longer than the stack', () => {
    const bucket = resourceOf(template, 'AWS::S3::Bucket');
    const [statement, ...others] = resourceOf(template, 'AWS::S3::BucketPolicy').Properties.PolicyDocument.Statement;

    expect(bucket).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    expect(bucket.Properties).toEqual({
      BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }] },
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      LifecycleConfiguration: { Rules: [{ Status: 'Enabled', ExpirationInDays: 30, AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } }] },
    });
    expect(others).toEqual([]);
    expect(statement).toMatchObject({ Effect: 'Deny', Principal: { AWS: '*' }, Action: 's3:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } });
  });
});

test('how long results are kept', () => {
  const { stack } = runbookIn(() => ({ resultsRetention: Duration.days(7) }));

  expect(resourceOf(Template.fromStack(stack), 'AWS::S3::Bucket').Properties.LifecycleConfiguration.Rules[0].ExpirationInDays).toBe(7);
});

describeWithFlags('grants', (makeApp) => {
  const INSTANCES = 'arn:aws:ec2:us-west-2:111122223333:instance/*';

  /** What `grants.run()` permits, given the document's ARN, the bucket's and the targets. */
  function rightsToRun(document: string, bucket: string, targets: Right[]): Right[] {
    return sorted([
      ['ssm:SendCommand', document], ['ssm:DescribeDocument', document], ['ssm:SendCommand', bucket], ...targets,
      ['ssm:ListDocuments', '*'], ['ssm:DescribeInstanceInformation', '*'], ['ssm:ListCommandInvocations', '*'], ['ssm:GetCommandInvocation', '*'], ['ssm:CancelCommand', '*'],
      ['s3:GetObject', `${bucket}/troubleshoot/*`],
    ]);
  }

  /** The rights of a role that was granted something, and the ARNs of the template's document and bucket. */
  function granted(grant: (runbook: TroubleshootRunbook, role: iam.Role) => iam.Grant, props?: (stack: Stack) => RunbookOptions) {
    const { stack, runbook } = runbookIn(props, makeApp());
    grant(runbook, roleIn(stack, 'Grantee')).assertSuccess();
    const template = Template.fromStack(stack);
    const [document] = Object.keys(template.findResources('AWS::SSM::Document'));
    const [bucket] = Object.keys(template.findResources('AWS::S3::Bucket'));
    return {
      rights: rightsOf(template, 'Grantee'),
      document: `arn:aws:ssm:us-west-2:111122223333:document/Production-TensorFlow-${document}-AbCdEfGhIjKl`,
      bucket: `arn:aws:typical:us-west-2:111122223333:Production-TensorFlow-${bucket}-AbCdEfGhIjKl`,
    };
  }

  test('run: this document on this stack\'s servers, its results, nothing else', () => {
    const { rights, document, bucket } = granted((runbook, role) => runbook.grants.run(role));

    expect(rights).toEqual(rightsToRun(document, bucket, [['ssm:SendCommand', INSTANCES, { StringEquals: { 'ssm:resourceTag/graviton-tensorflow:stack': 'Stack' } }]]));
  });

  test('run: on instances by tag or id', () => {
    const tagged = granted((runbook, role) => runbook.grants.run(role), () => ({ instances: RunbookInstances.tagged('team', 'ml') }));
    const named = granted((runbook, role) => runbook.grants.run(role), () => ({ instances: RunbookInstances.withIds('i-0123456789abcdef0') }));

    expect(tagged.rights).toEqual(rightsToRun(tagged.document, tagged.bucket, [['ssm:SendCommand', INSTANCES, { StringEquals: { 'ssm:resourceTag/team': 'ml' } }]]));
    expect(named.rights).toEqual(rightsToRun(named.document, named.bucket, [['ssm:SendCommand', 'arn:aws:ec2:us-west-2:111122223333:instance/i-0123456789abcdef0']]));
  });

  test('run: for a role in another stack, on the servers of the runbook\'s', () => {
    const app = makeApp();
    const { runbook } = runbookIn(undefined, app);
    const operations = new Stack(app, 'Operations');
    runbook.grants.run(roleIn(operations, 'Operator'));
    const [policy] = Object.values(Template.fromStack(operations).findResources('AWS::IAM::Policy'));
    const statements: { Condition?: object }[] = policy.Properties.PolicyDocument.Statement;

    // A reference to the stack's name would be read as Operations' own.
    expect(statements.flatMap(({ Condition }) => Condition ?? [])).toEqual([{ StringEquals: { 'ssm:resourceTag/graviton-tensorflow:stack': 'Stack' } }]);
  });

  test('writeResults: objects below the prefix, with the ACL that the agent sends along', () => {
    const { rights, bucket } = granted((runbook, role) => runbook.grants.writeResults(role));

    expect(rights).toEqual([['s3:PutObject', `${bucket}/troubleshoot/*`], ['s3:PutObjectAcl', `${bucket}/troubleshoot/*`]]);
  });

  test('use the key of an encrypted bucket that was given', () => {
    const ours = (stack: Stack) => ({
      resultsBucket: s3.Bucket.fromBucketAttributes(stack, 'Ours', {
        bucketName: 'our-reports', encryptionKey: kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:us-west-2:111122223333:key/0a1b2c3d-0000-1111-2222-0a1b2c3d4e5f'),
      }),
    });
    const key = 'arn:aws:kms:us-west-2:111122223333:key/0a1b2c3d-0000-1111-2222-0a1b2c3d4e5f';
    const run = granted((runbook, role) => runbook.grants.run(role), ours);
    const write = granted((runbook, role) => runbook.grants.writeResults(role), ours);

    expect(run.rights.filter(([action]) => /^(kms|s3):/.test(action))).toEqual([['kms:Decrypt', key], ['s3:GetObject', 'arn:aws:s3:::our-reports/troubleshoot/*']]);
    expect(write.rights).toEqual(sorted([
      ['kms:GenerateDataKey', key], ['kms:Decrypt', key], ['s3:PutObject', 'arn:aws:s3:::our-reports/troubleshoot/*'], ['s3:PutObjectAcl', 'arn:aws:s3:::our-reports/troubleshoot/*'],
    ]));
  });
});

describe('a bucket that is given', () => {
  test('takes the place of the runbook\'s own', () => {
    const { stack, runbook } = runbookIn((scope) => ({ resultsBucket: s3.Bucket.fromBucketName(scope, 'Ours', 'our-reports') }));
    const template = Template.fromStack(stack);

    template.resourceCountIs('AWS::S3::Bucket', 0);
    expect(runbook.resultsBucket.bucketName).toBe('our-reports');
    expect(documentTags(template)).toMatchObject({ 'graviton-tensorflow:results': 'our-reports' });
  });

  test('has a lifecycle of its own', () => {
    expect(() => runbookIn((scope) => ({ resultsBucket: s3.Bucket.fromBucketName(scope, 'Ours', 'our-reports'), resultsRetention: Duration.days(1) }))).toThrow(
      new Error('resultsRetention: got one with a resultsBucket; allowed is a lifecycle rule on that bucket itself.'),
    );
  });
});

test('for another stack\'s servers it is found by that stack\'s name', () => {
  const { stack } = runbookIn(() => ({ instances: RunbookInstances.ofStack('Serving') }));

  expect(documentTags(Template.fromStack(stack))).toMatchObject({ 'graviton-tensorflow:stack': 'Serving' });
});

test.each<[Duration, string]>([
  [Duration.days(0), '0 days'], [Duration.hours(36), '1 day 12 hours'], [Duration.days(Token.asNumber({ Ref: 'Days' })), 'a duration that is only known at deployment'],
])('the retention %s is refused', (resultsRetention, got) => {
  expect(() => runbookIn(() => ({ resultsRetention }))).toThrow(new Error(`resultsRetention: got ${got}; allowed are whole days, 1 or more.`));
});
