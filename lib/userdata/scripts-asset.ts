import * as path from 'node:path';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import type { Construct } from 'constructs';
import { packageRoot } from '../package-root';
import { stagedPath, treeChecksum } from './tree-checksum';

/**
 * The boot scripts that are too large for user data, as an asset that `grantee` may read.
 *
 * @returns the variables by which `bootstrap.sh` fetches and checks them
 * @internal
 */
export function bindBootScripts(scope: Construct, grantee: iam.IGrantable): { [name: string]: string } {
  const asset = new Asset(scope, 'BootScripts', {
    path: path.join(packageRoot(), 'userdata'),
    // bootstrap.sh travels too: the other scripts source it for its functions.
    exclude: ['*.md', '*.in', '**/__pycache__', '**/.*'],
  });
  iam.Grant.addToPrincipal({ grantee, actions: ['s3:GetObject'], resourceArns: [asset.bucket.arnForObjects(asset.s3ObjectKey)] });
  return {
    GTF_SCRIPTS_BUCKET: asset.s3BucketName,
    GTF_SCRIPTS_KEY: asset.s3ObjectKey,
    GTF_SCRIPTS_SHA256: treeChecksum(stagedPath(scope, asset.assetPath)),
  };
}
