import { Duration, SymlinkFollowMode, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Bucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import { acknowledgeWildcard } from '../policy/acknowledgements';
import { stagedPath, treeChecksum } from '../userdata/tree-checksum';
import { validateModelBasePath } from './saved-model';

/**
 * How the instance follows a bucket.
 */
export interface BucketModelOptions {
  /**
   * How often the instance looks for new versions.
   *
   * @default Duration.minutes(1)
   */
  readonly pollInterval?: Duration;
}

/**
 * What an instance needs to know of its model: what `ModelSource.bind()` returns.
 */
export interface ModelSourceConfig {
  /** Variables that the boot scripts read. */
  readonly environment: { [name: string]: string };
}

/**
 * Where the instance gets the SavedModel from.
 */
export abstract class ModelSource {
  /**
   * Follow a bucket: versions are `<prefix>/<version>/saved_model.pb`. A new version is served
   * within about two poll intervals of its last object, without a restart; half-uploaded ones are
   * never visible.
   *
   * @param bucket the instance may read, no wider than the prefix
   * @param prefix such as `models/resnet`; empty for the whole bucket
   */
  public static fromBucket(bucket: IBucket, prefix: string, options: BucketModelOptions = {}): ModelSource {
    return new BucketModelSource(() => bucket, prefix, options);
  }

  /**
   * Follow a bucket that is known by its name only. One encrypted with a key of yours needs
   * `fromBucket()`, since the right to decrypt goes to the key.
   *
   * @param bucketName the instance may read, no wider than the prefix
   * @param prefix such as `models/resnet`; empty for the whole bucket
   */
  public static fromBucketName(bucketName: string, prefix: string, options: BucketModelOptions = {}): ModelSource {
    return new BucketModelSource((scope) => Bucket.fromBucketName(scope, 'ModelBucket', bucketName), prefix, options);
  }

  /**
   * A directory on this machine, uploaded with the deployment: `<version>/saved_model.pb`. A
   * changed directory rolls the server.
   *
   * @throws when a version is not a whole SavedModel
   */
  public static fromAsset(directory: string): ModelSource {
    return new AssetModelSource(directory);
  }

  /**
   * Called by the construct that serves it: grants the reading of the model to `grantee` and
   * returns what the instance must know.
   */
  public abstract bind(scope: Construct, grantee: iam.IGrantable): ModelSourceConfig;
}

class BucketModelSource extends ModelSource {
  private readonly prefix: string;
  private readonly pollSeconds: number;

  constructor(private readonly bucketIn: (scope: Construct) => IBucket, prefix: string, options: BucketModelOptions) {
    super();
    this.prefix = Token.isUnresolved(prefix) ? prefix : prefix.replace(/^\/+|\/+$/g, '');
    if (/[*?$\n]/.test(Token.isUnresolved(prefix) ? '' : prefix)) {
      throw new Error(`model prefix: got "${prefix}"; allowed is a key prefix without "*", "?" and "$", which IAM would read as patterns.`);
    }
    this.pollSeconds = (options.pollInterval ?? Duration.minutes(1)).toSeconds({ integral: false });
    if (!Token.isUnresolved(this.pollSeconds) && (!Number.isInteger(this.pollSeconds) || this.pollSeconds < 10)) {
      throw new Error(`pollInterval: got ${this.pollSeconds} seconds; allowed are whole seconds, 10 or more.`);
    }
  }

  public bind(scope: Construct, grantee: iam.IGrantable): ModelSourceConfig {
    const bucket = this.bucketIn(scope);
    const pattern = this.prefix === '' ? '*' : `${this.prefix}/*`;
    // Narrower than bucket.grantRead(): no GetBucket*, and listing only below the prefix.
    iam.Grant.addToPrincipal({ grantee, actions: ['s3:GetObject'], resourceArns: [bucket.arnForObjects(pattern)] });
    if (Construct.isConstruct(grantee)) {
      acknowledgeWildcard(grantee, bucket.arnForObjects(pattern), 'A model is many objects below its prefix');
    }
    iam.Grant.addToPrincipal({
      grantee,
      actions: ['s3:ListBucket'],
      resourceArns: [bucket.bucketArn],
      conditions: { StringLike: { 's3:prefix': [pattern] } },
    });
    bucket.encryptionKey?.grantDecrypt(grantee);
    return {
      environment: {
        GTF_MODEL_SOURCE: 'bucket',
        GTF_MODEL_BUCKET: bucket.bucketName,
        GTF_MODEL_PREFIX: this.prefix,
        GTF_MODEL_POLL_SECONDS: String(this.pollSeconds),
      },
    };
  }
}

class AssetModelSource extends ModelSource {
  constructor(private readonly directory: string) {
    super();
    validateModelBasePath(directory);
  }

  public bind(scope: Construct, grantee: iam.IGrantable): ModelSourceConfig {
    const asset = new Asset(scope, 'Model', { path: this.directory, followSymlinks: SymlinkFollowMode.ALWAYS });
    iam.Grant.addToPrincipal({ grantee, actions: ['s3:GetObject'], resourceArns: [asset.bucket.arnForObjects(asset.s3ObjectKey)] });
    return {
      environment: {
        GTF_MODEL_SOURCE: 'asset',
        GTF_MODEL_BUCKET: asset.s3BucketName,
        GTF_MODEL_KEY: asset.s3ObjectKey,
        GTF_MODEL_SHA256: treeChecksum(stagedPath(scope, asset.assetPath)),
      },
    };
  }
}
