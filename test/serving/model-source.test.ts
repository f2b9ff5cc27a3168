import { execFileSync } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { AssetStaging, CfnParameter, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { ModelSource } from '../../lib';
import { treeChecksum } from '../../lib/userdata/tree-checksum';
import { describeWithFlags, newApp } from '../support/feature-flags';
import { rightsOf, sorted } from '../support/role-statements';
import { folderWith, WHOLE_VERSION } from '../support/saved-models';
import { serverTemplate } from '../support/servers';
import { withTypicalValues } from '../support/typical-values';
import { userDataExports } from '../support/user-data';

/** What an instance would be told, and allowed. */
function bound(make: (stack: Stack) => ModelSource, app = newApp()) {
  const stack = new Stack(app, 'Stack');
  const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') });
  const { environment } = make(stack).bind(stack, role);
  const resolved = stack.resolve(environment);
  const template = Template.fromStack(stack);
  return { template, environment: withTypicalValues(template, resolved), rights: rightsOf(template) };
}

/** The checksum as userdata/README.md defines it, by the tools it names. */
function checksumByShell(folder: string): string {
  // -print0 and -0 are what lets names hold spaces; the text is the same.
  return execFileSync('/bin/bash', ['-c', 'find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum'], { cwd: folder, encoding: 'utf8' }).slice(0, 64);
}

describeWithFlags('a bucket', (makeApp) => {
  const models = 'arn:aws:s3:::our-models';

  test('by name: reads below the prefix, lists below the prefix, and no more', () => {
    const { environment, rights } = bound(() => ModelSource.fromBucketName('our-models', 'models/resnet'), makeApp());

    expect(environment).toEqual({ GTF_MODEL_SOURCE: 'bucket', GTF_MODEL_BUCKET: 'our-models', GTF_MODEL_PREFIX: 'models/resnet', GTF_MODEL_POLL_SECONDS: '60' });
    expect(rights).toEqual(sorted([
      ['s3:GetObject', `${models}/models/resnet/*`], ['s3:ListBucket', models, { StringLike: { 's3:prefix': ['models/resnet/*'] } }],
    ]));
  });

  test('without a prefix: all of it', () => {
    const { environment, rights } = bound(() => ModelSource.fromBucketName('our-models', ''), makeApp());

    expect(environment.GTF_MODEL_PREFIX).toBe('');
    expect(rights).toEqual(sorted([['s3:GetObject', `${models}/*`], ['s3:ListBucket', models, { StringLike: { 's3:prefix': ['*'] } }]]));
  });

  test('encrypted with a key: may decrypt with that key', () => {
    const { rights } = bound((stack) => ModelSource.fromBucket(new s3.Bucket(stack, 'Models', { encryptionKey: new kms.Key(stack, 'Key') }), 'm'), makeApp());

    expect(rights.map(([action]) => action)).toEqual(['kms:Decrypt', 's3:GetObject', 's3:ListBucket']);
    expect(rights[0][1]).toMatch(/^arn:.*Key/);
    expect(rights[1][1]).toMatch(/Models[^/]*\/m\/\*$/);
  });

  test.each([['/models/resnet/', 'models/resnet'], ['models', 'models'], ['//a//b//', 'a//b'], ['/', ''], ['it\'s "ours" (1)', 'it\'s "ours" (1)']])('the prefix %j is %j', (given, used) => {
    expect(bound(() => ModelSource.fromBucketName('our-models', given), makeApp()).environment.GTF_MODEL_PREFIX).toBe(used);
  });
});

test.each(['models/*', 'a?b', 'a${aws:username}', 'a\nb'])('the prefix %j is refused', (prefix) => {
  expect(() => ModelSource.fromBucketName('our-models', prefix)).toThrow(
    new Error(`model prefix: got "${prefix}"; allowed is a key prefix without "*", "?" and "$", which IAM would read as patterns.`),
  );
});

describe('how often the instance looks', () => {
  test.each<[Duration, string]>([[Duration.seconds(10), '10'], [Duration.minutes(5), '300'], [Duration.hours(24), '86400'], [Duration.millis(15_000), '15']])('%s', (pollInterval, seconds) => {
    expect(bound(() => ModelSource.fromBucketName('our-models', 'm', { pollInterval })).environment.GTF_MODEL_POLL_SECONDS).toBe(seconds);
  });

  test.each<[Duration, string]>([[Duration.seconds(9), '9'], [Duration.seconds(0), '0'], [Duration.seconds(10.5), '10.5'], [Duration.millis(10_001), '10.001']])('%s is refused', (pollInterval, got) => {
    expect(() => ModelSource.fromBucketName('our-models', 'm', { pollInterval })).toThrow(new Error(`pollInterval: got ${got} seconds; allowed are whole seconds, 10 or more.`));
  });

  test('may be known at deployment only', () => {
    const make = (stack: Stack) => ModelSource.fromBucketName('our-models', 'm', { pollInterval: Duration.seconds(new CfnParameter(stack, 'Poll', { type: 'Number', default: 90 }).valueAsNumber) });

    expect(bound(make).environment.GTF_MODEL_POLL_SECONDS).toBe('90');
  });
});

describe('a directory', () => {
  test('is uploaded, and only that object may be read', () => {
    const { environment, rights } = bound(() => ModelSource.fromAsset(folderWith(WHOLE_VERSION)));

    expect(environment).toEqual({
      GTF_MODEL_SOURCE: 'asset', GTF_MODEL_BUCKET: 'cdk-hnb659fds-assets-111122223333-us-west-2', GTF_MODEL_KEY: expect.stringMatching(/^[0-9a-f]{64}\.zip$/),
      GTF_MODEL_SHA256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(rights).toEqual([['s3:GetObject', `arn:aws:s3:::${environment.GTF_MODEL_BUCKET}/${environment.GTF_MODEL_KEY}`]]);
  });

  test('changed rolls the server: its key and its checksum are in the launch template', () => {
    const folder = folderWith(WHOLE_VERSION);
    const before = userDataExports(serverTemplate({ model: ModelSource.fromAsset(folder) }));
    writeFileSync(path.join(folder, '1', 'variables', 'variables.index'), 'trained longer');
    AssetStaging.clearAssetHashCache();
    const after = userDataExports(serverTemplate({ model: ModelSource.fromAsset(folder) }));

    expect(Object.keys(after).filter((name) => after[name] !== before[name]).sort()).toEqual(['GTF_MODEL_KEY', 'GTF_MODEL_SHA256']);
  });

  test.each<[string, { [name: string]: string }]>([
    ['plain names', { '1/saved_model.pb': 'graph', '1/variables/variables.index': 'i', '1/variables/variables.data-00000-of-00001': '\0\x01\xff' }],
    ['spaces, quotes and letters of all kinds', { '1/saved_model.pb': 'g', '1/assets/my vocabulary.txt': 'a', '1/assets/it\'s "it".txt': 'b', '1/assets/größe 大.txt': 'c', '1/assets/-n': 'd' }],
    ['names that a locale sorts otherwise', { '1/saved_model.pb': '', 'a': '1', 'B': '2', 'c-b': '3', 'c/b': '4', 'c.b': '5', 'cb': '6', 'Ab': '7', '_': '8' }],
    ['many files', { '1/saved_model.pb': 'g', ...Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`1/assets/${index}`, String(index)])) }],
  ])('has the checksum that the instance computes: %s', (_, files) => {
    const folder = folderWith(files);

    expect(treeChecksum(folder)).toBe(checksumByShell(folder));
    expect(bound(() => ModelSource.fromAsset(folder)).environment.GTF_MODEL_SHA256).toBe(checksumByShell(folder));
  });

  test('may hold links: what they lead to is uploaded', () => {
    const [linked, plain] = [folderWith(['1/saved_model.pb']), folderWith({ '1/saved_model.pb': '1/saved_model.pb', '1/assets/words': 'w' })];
    symlinkSync(folderWith({ words: 'w' }), path.join(linked, '1', 'assets'));

    expect(bound(() => ModelSource.fromAsset(linked)).environment.GTF_MODEL_SHA256).toBe(checksumByShell(plain));
  });

  test('has another checksum when a file is renamed, changed, added or moved', () => {
    const trees: { [name: string]: string }[] = [{ a: '1', b: '2' }, { a: '1', c: '2' }, { a: '1', b: '3' }, { a: '1', b: '2', c: '' }, { 'a': '1', 'd/b': '2' }, { a: '2', b: '1' }];
    const checksums = trees.map((files) => treeChecksum(folderWith(files)));

    expect(new Set(checksums).size).toBe(6);
  });
});

test.each(['back\\slash', 'two\nlines'])('a file name that the instance\'s sha256sum would escape is refused at synth: %j', (name) => {
  const folder = folderWith([...WHOLE_VERSION, `1/assets/${name}`]);
  expect(() => treeChecksum(folder)).toThrow(`asset: got the file name ${JSON.stringify(`./1/assets/${name}`)}; allowed are names without backslashes and line breaks.`);
});
