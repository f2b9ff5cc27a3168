import { Duration, Lazy, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { PackageIndexOptions } from './package-index';
import { Runbook } from './runbook';
import { RunbookInstances } from './runbook-instances';
import { BUILD_TAG } from './runbook-names';
import { acknowledge, acknowledgeWildcard } from '../policy/acknowledgements';

/**
 * What runbooks that build something have in common. A build takes the whole machine for hours: without `instances`,
 * the runbook is for those with the tag `graviton-tensorflow:build` (`BuildRunbook.INSTANCES_TAG`), whose value is the
 * name of its stack.
 */
export interface BuildRunbookOptions extends PackageIndexOptions {
  /**
   * A bucket of yours, or of another runbook, for what is built, below `artifactsPrefix`.
   *
   * @default - a bucket of its own: encrypted, private, by TLS only, versioned; nothing in it expires, and it stays
   * when the stack goes
   */
  readonly artifactsBucket?: s3.IBucket;
}

/**
 * Properties of a runbook that builds something.
 */
export interface BuildRunbookProps extends BuildRunbookOptions {
  /** The word by which the command line finds the runbook, and below which its results and artifacts are. */
  readonly name: string;

  /** Path of the folder that holds `document.yaml`, which has a parameter `ArtifactsBucket`, and its scripts. */
  readonly folder: string;

  /**
   * Defaults of the document's parameters, by the parameter's name.
   *
   * @default - those of document.yaml
   */
  readonly defaults?: { [parameter: string]: string };

  /**
   * Parameters that who runs the document may not choose: their default is their only value.
   *
   * @default - none
   */
  readonly fixed?: string[];

  /**
   * Defaults that are only known at deployment, such as the URL of an object.
   *
   * @default - none but the artifacts bucket's name
   */
  readonly deployedDefaults?: { [parameter: string]: string };
}

/**
 * A runbook that builds something on an instance, tests it there, and puts it into a bucket with a record of how it
 * came about. `graviton-tf build` finds it by its tags, runs it and reads the report.
 */
export abstract class BuildRunbook extends Runbook {
  /** The tag of the instances that runbooks with no other `instances` are for; its value is the stack's name. */
  public static readonly INSTANCES_TAG = BUILD_TAG;

  /** Where what is built goes, below `artifactsPrefix`. */
  public readonly artifactsBucket: s3.IBucket;

  /** Below which keys of the bucket this runbook's artifacts are, without a slash at its end. */
  public readonly artifactsPrefix: string;

  /**
   * @throws when the retention is not whole days, or given for a bucket of yours; when the URL is none
   */
  constructor(scope: Construct, id: string, props: BuildRunbookProps) {
    const { artifactsBucket, pipIndexUrl = '', instances = RunbookInstances.tagged(BUILD_TAG, Stack.of(scope).stackName), ...options } = props;
    // Known once there is a `this` to be the bucket's scope.
    let bucketName = '';
    super(scope, id, {
      ...options,
      instances,
      defaults: { PipIndexUrl: pipIndexUrl, ...props.defaults },
      fixed: ['PipIndexUrl', 'ArtifactsBucket', ...props.fixed ?? []],
      deployedDefaults: { ...props.deployedDefaults, ArtifactsBucket: Lazy.string({ produce: () => bucketName }) },
    });
    this.artifactsBucket = artifactsBucket ?? this.createArtifactsBucket();
    this.artifactsPrefix = props.name;
    bucketName = this.artifactsBucket.bucketName;
  }

  /** @internal */
  public override _grantRunOn(grantee: iam.IGrantable): iam.Grant {
    const objects = this.artifactsBucket.arnForObjects(`${this.artifactsPrefix}/*`);
    if (Construct.isConstruct(grantee)) {
      acknowledgeWildcard(grantee, objects, 'The key holds the release and the name of what was built');
    }
    // Decrypt is what a multipart upload needs beside GenerateDataKey.
    this.artifactsBucket.encryptionKey?.grant(grantee, 'kms:GenerateDataKey', 'kms:Decrypt');
    return iam.Grant.addToPrincipal({ grantee, actions: ['s3:PutObject'], resourceArns: [objects] });
  }

  private createArtifactsBucket(): s3.Bucket {
    const bucket = new s3.Bucket(this, 'Artifacts', {
      encryption: s3.BucketEncryption.S3_MANAGED,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      versioned: true,
      lifecycleRules: [{ abortIncompleteMultipartUploadAfter: Duration.days(1) }],
      // What took hours to build, and what servers install from.
      removalPolicy: RemovalPolicy.RETAIN,
    });
    acknowledge(bucket, 'AwsSolutions-S1', 'CloudTrail\'s data events can tell who read one, and an access log would need a bucket of its own');
    return bucket;
  }
}
