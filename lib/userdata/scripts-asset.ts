import { copyFileSync, cpSync, mkdirSync } from 'node:fs';
import * as path from 'node:path';
import { AssetHashType, BundlingOutput, DockerImage } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import type { Construct } from 'constructs';
import { packageRoot } from '../package-root';
import { stagedPath, treeChecksum } from './tree-checksum';

/** Of the troubleshooting runbook, what the boot runs too: its checks, and what they judge by. */
const CHECKS = ['analyze.py', 'collect.py', 'recommend.sh'];

/**
 * The boot scripts that are too large for user data, as an asset that `grantee` may read: `userdata/`,
 * and below `troubleshoot/` the checks of the runbook.
 *
 * @returns the variables by which `bootstrap.sh` fetches and checks them
 * @internal
 */
export function bindBootScripts(scope: Construct, grantee: iam.IGrantable): { [name: string]: string } {
  const userdata = path.join(packageRoot(), 'userdata');
  const asset = new Asset(scope, 'BootScripts', {
    path: userdata,
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // Never pulled: the local bundling does not fail.
      image: DockerImage.fromRegistry('scratch'),
      outputType: BundlingOutput.NOT_ARCHIVED,
      local: {
        tryBundle(folder: string): boolean {
          // bootstrap.sh travels too: the other scripts source it for its functions.
          cpSync(userdata, folder, { recursive: true, filter: (file) => file === userdata || isForInstances(path.basename(file)) });
          mkdirSync(path.join(folder, 'troubleshoot'));
          CHECKS.forEach((file) => copyFileSync(path.join(packageRoot(), 'runbooks', 'troubleshoot', file), path.join(folder, 'troubleshoot', file)));
          return true;
        },
      },
    },
  });
  iam.Grant.addToPrincipal({ grantee, actions: ['s3:GetObject'], resourceArns: [asset.bucket.arnForObjects(asset.s3ObjectKey)] });
  return {
    GTF_SCRIPTS_BUCKET: asset.s3BucketName,
    GTF_SCRIPTS_KEY: asset.s3ObjectKey,
    GTF_SCRIPTS_SHA256: treeChecksum(stagedPath(scope, asset.assetPath)),
  };
}

/** Not documents, the sources of pinned requirements, caches and hidden files. */
function isForInstances(name: string): boolean {
  return !/^(\.|__pycache__$)|\.(md|in)$/.test(name);
}
