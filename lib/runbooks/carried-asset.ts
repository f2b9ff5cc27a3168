import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { AssetHashType, BundlingOutput, DockerImage } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';

/** @internal */
export interface CarriedAssetProps {
  /** The document's folder. */
  readonly folder: string;
  /** Its files, as `packedFiles` gives them. */
  readonly content: Buffer;
}

/**
 * The files that a document carries and cannot hold, as an object that instances fetch. The document knows
 * their checksum, so that whoever may write there cannot have others run.
 *
 * @internal
 */
export class CarriedAsset extends Construct {
  /** Where they are: s3://… */
  public readonly url: string;

  private readonly asset: Asset;

  constructor(scope: Construct, id: string, props: CarriedAssetProps) {
    super(scope, id);
    this.asset = new Asset(this, 'Files', {
      path: props.folder,
      assetHashType: AssetHashType.OUTPUT,
      bundling: {
        // Never pulled: the local bundling does not fail.
        image: DockerImage.fromRegistry('scratch'),
        outputType: BundlingOutput.SINGLE_FILE,
        local: {
          tryBundle(folder: string): boolean {
            writeFileSync(path.join(folder, 'carried.json.zlib'), props.content);
            return true;
          },
        },
      },
    });
    this.url = this.asset.s3ObjectUrl;
  }

  public grantFetch(grantee: iam.IGrantable): iam.Grant {
    return iam.Grant.addToPrincipal({ grantee, actions: ['s3:GetObject'], resourceArns: [this.asset.bucket.arnForObjects(this.asset.s3ObjectKey)] });
  }
}
