import { execFile } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { MlperfRunbook } from '../../lib';
import type { EmbeddedAws } from '../../rehearsal/embedded-aws';
import type { Workspace } from '../../rehearsal/workspace';
import { newApp } from '../support/feature-flags';
import { type Right, rightsOf } from '../support/role-statements';
import { Operator } from './operator';

/** Proves that MLPerf's step that fetches images needs each right of `grantReadImages()`, and no other one. */
export function describeImagesRights(deployed: () => { readonly aws: EmbeddedAws; readonly workspace: Workspace }): void {
  describe('with what grantReadImages() gives, MLPerf\'s step Dataset', () => {
    const Bucket = 'datasets';
    let rights: Right[];
    let reader: Operator;

    beforeAll(async () => {
      const { aws } = deployed();
      const client = new S3Client({ ...aws.client, forcePathStyle: true });
      await client.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: aws.region as 'eu-central-1' } }));
      for (const Key of ['imagenet/val_map.txt', 'imagenet/one.JPEG', 'private/one.JPEG']) await client.send(new PutObjectCommand({ Bucket, Key, Body: 'one.JPEG 65\n' }));
      const stack = new Stack(newApp(), 'Images');
      const role = new iam.Role(stack, 'Server', { assumedBy: new iam.AccountRootPrincipal() });
      new MlperfRunbook(stack, 'Mlperf', { images: { bucket: s3.Bucket.fromBucketName(stack, 'Data', Bucket), objectKey: 'imagenet/' } }).grantReadImages(role).assertSuccess();
      rights = rightsOf(Template.fromStack(stack), 'Server');
      reader = await Operator.hire(aws, 'images');
    });

    /** The step as the agent runs it; what it says last of its failure. */
    async function fetched(granted: readonly Right[], prefix: string): Promise<string> {
      const { workspace } = deployed();
      const { project } = workspace;
      await reader.may(granted);
      const root = workspace.directory('images', String(Math.random()).slice(2));
      const work = join(root, 'var/lib/graviton-tf-diagnosis/1');
      mkdirSync(work, { recursive: true });
      symlinkSync(project.root, join(work, 'files'));
      const environment = {
        ...workspace.environment(root, join(workspace.folder, 'bin')), ...reader.environment, AWS_DEFAULT_REGION: deployed().aws.region, GTF_ROOT: root, AWS_MAX_ATTEMPTS: '1',
        SSM_COMMAND_ID: '1', SSM_Workload: 'resnet50', SSM_Dataset: `s3://${Bucket}/${prefix}`, SSM_DatasetChecksum: '', SSM_Samples: '1', SSM_Images: '', SSM_Vocabulary: '',
      };
      const script = '. "$0/runbooks/troubleshoot/work.sh"; . "$0/runbooks/mlperf/dataset.sh"';
      return new Promise((resolve) => {
        execFile('bash', ['-c', script, project.root], { env: environment }, (error, _, stderr) => resolve(error ? stderr.trim().split('\n').at(-1) as string : 'fetched'));
      });
    }

    test('fetches them, and what is beside them not', async () => {
      expect(rights.map(([action]) => action)).toEqual(['s3:GetObject', 's3:ListBucket']);
      expect(await fetched(rights, 'imagenet/')).toBe('fetched');
      expect(await fetched(rights, 'private/')).toMatch(/^Dataset: cannot fetch s3:\/\/datasets\/private\/, /);
    });

    test.each(['s3:GetObject', 's3:ListBucket'])('needs %s, and says so', async (action) => {
      expect(await fetched(rights.filter(([each]) => each !== action), 'imagenet/')).toMatch(
        new RegExp(`^Dataset: cannot fetch s3://datasets/imagenet/, for which the instance's role needs s3:ListBucket and s3:GetObject: .*AccessDenied.* ${action === 's3:GetObject' ? 'GetObject' : 'ListObjectsV2'} `),
      );
    });
  });
}
