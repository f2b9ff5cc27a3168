import { execFile } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { BuildTensorFlowWheelRunbook } from '../../lib';
import type { EmbeddedAws } from '../../rehearsal/embedded-aws';
import type { Workspace } from '../../rehearsal/workspace';
import { newApp } from '../support/feature-flags';
import { type Right, rightsOf } from '../support/role-statements';
import { Operator } from './operator';

/** Proves that a build's step Upload needs the right that `grants.runOn()` gives on artifacts, and no other one. */
export function describeArtifactsRights(deployed: () => { readonly aws: EmbeddedAws; readonly workspace: Workspace }): void {
  describe('with what a build runbook\'s runOn() gives, its step Upload', () => {
    const Bucket = 'artifacts';
    let client: S3Client;
    let rights: Right[];
    let builder: Operator;

    beforeAll(async () => {
      const { aws } = deployed();
      client = new S3Client({ ...aws.client, forcePathStyle: true });
      await client.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: aws.region as 'eu-central-1' } }));
      const stack = new Stack(newApp(), 'Builds');
      const role = new iam.Role(stack, 'Builder', { assumedBy: new iam.AccountRootPrincipal() });
      new BuildTensorFlowWheelRunbook(stack, 'Wheel', { artifactsBucket: s3.Bucket.fromBucketName(stack, 'Data', Bucket) }).grants.runOn(role).assertSuccess();
      // The others are on results and programs, which the agent and the step Prepare need.
      rights = rightsOf(Template.fromStack(stack), 'Builder').filter(([, resource]) => resource.includes(`:::${Bucket}/`));
      builder = await Operator.hire(aws, 'builder');
    });

    /** The step as the agent runs it, after a test that passed; what it says last of its failure. */
    async function uploaded(granted: readonly Right[], word = 'build-wheel'): Promise<string> {
      const { workspace } = deployed();
      const { project } = workspace;
      await builder.may(granted);
      const root = workspace.directory('artifacts', String(Math.random()).slice(2));
      const work = join(root, 'var/lib/graviton-tf-diagnosis/1');
      mkdirSync(join(work, 'artifacts'), { recursive: true });
      symlinkSync(project.root, join(work, 'files'));
      writeFileSync(join(work, 'artifacts/tensorflow-2.16.1-cp311-cp311-linux_aarch64.whl'), 'a wheel');
      writeFileSync(join(work, 'facts'), 'release\t2.16.1\nfolder\tclang-17.0.2\n');
      writeFileSync(join(work, 'tested'), '');
      const environment = {
        ...workspace.environment(root, join(workspace.folder, 'bin')), ...builder.environment, AWS_DEFAULT_REGION: deployed().aws.region, GTF_ROOT: root, AWS_MAX_ATTEMPTS: '1',
        SSM_COMMAND_ID: '1', SSM_ArtifactsBucket: Bucket,
      };
      const script = `. "$0/runbooks/troubleshoot/work.sh"; word=${word}; . "$0/runbooks/build/upload.sh"`;
      return new Promise((resolve) => {
        execFile('bash', ['-c', script, project.root], { env: environment }, (error, _, stderr) => resolve(error ? stderr.trim().split('\n').at(-1) as string : 'uploaded'));
      });
    }

    test('puts the wheel and its record there, and what is another runbook\'s not', async () => {
      expect(rights.map(([action]) => action)).toEqual(['s3:PutObject']);
      expect(await uploaded(rights)).toBe('uploaded');
      const key = 'build-wheel/2.16.1/clang-17.0.2/tensorflow-2.16.1-cp311-cp311-linux_aarch64.whl';
      expect((await client.send(new ListObjectsV2Command({ Bucket }))).Contents?.map(({ Key }) => Key)).toEqual([key, `${key}.json`]);
      expect(await uploaded(rights, 'build-java')).toMatch(/^cannot upload s3:\/\/artifacts\/build-java\/.*AccessDenied/);
    });

    test('needs s3:PutObject, and says so', async () => {
      expect(await uploaded([['ssm:ListDocuments', '*']])).toMatch(
        /^cannot upload s3:\/\/artifacts\/build-wheel\/\S+, for which the instance's role needs s3:PutObject \(grants\.runOn\); the next command goes on from here: .*AccessDenied/,
      );
    });
  });
}
