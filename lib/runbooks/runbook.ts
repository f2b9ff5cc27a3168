import { Duration, RemovalPolicy, Tags } from 'aws-cdk-lib';
import type * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { CommandDocument } from './command-document';
import { RunbookGrants } from './runbook-grants';
import { RunbookInstances } from './runbook-instances';
import { RESULTS_TAG, RUNBOOK_TAG, STACK_TAG } from './runbook-names';
import { acknowledge } from '../policy/acknowledgements';

/**
 * Which instances a runbook is for, and where its results go.
 */
export interface RunbookOptions {
  /**
   * The instances that `grants.run()` lets it be run on.
   *
   * @default RunbookInstances.ofStack(): the servers of the runbook's own stack; for a runbook that builds, instances
   * with the tag `graviton-tensorflow:build` and the stack's name
   */
  readonly instances?: RunbookInstances;

  /**
   * A bucket of yours, or of another runbook, for full reports and logs, below `resultsPrefix`. Its
   * encryption, lifecycle and policy stay its owner's.
   *
   * @default - a bucket of its own: encrypted, private, by TLS only; it stays when the stack goes
   */
  readonly resultsBucket?: s3.IBucket;

  /**
   * How long results are kept in the runbook's own bucket, in whole days.
   *
   * @default Duration.days(30)
   */
  readonly resultsRetention?: Duration;
}

/**
 * Properties of a runbook.
 */
export interface RunbookProps extends RunbookOptions {
  /** The word by which the command line finds the runbook, and below which its results are. */
  readonly name: string;

  /** Path of the folder that holds `document.yaml` and its scripts. */
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
   * Defaults that are only known at deployment, such as a bucket's name.
   *
   * @default - none
   */
  readonly deployedDefaults?: { [parameter: string]: string };

  /**
   * The parameter whose default becomes the results bucket's name, for a document that itself puts
   * something there.
   *
   * @default - none: the agent alone writes results
   */
  readonly resultsBucketParameter?: string;
}

/**
 * A runbook: a Command document that Run Command runs on instances with a TensorFlow server, a bucket
 * for what it brings, and who may use both. `graviton-tf` finds it by its tags, runs it and reads the report.
 *
 * It works on any Linux instance that Systems Manager manages; the agent must be 3.3.2746.0 or later.
 */
export abstract class Runbook extends Construct {
  /** The document that Run Command runs. */
  public readonly document: CommandDocument;

  /** Where the full reports and logs go, below `resultsPrefix`. */
  public readonly resultsBucket: s3.IBucket;

  /** Below which keys of the bucket this runbook's results are, without a slash at its end. */
  public readonly resultsPrefix: string;

  /** Who may run it and read the results, and which instances may write them. */
  public readonly grants: RunbookGrants;

  /**
   * @throws when the retention is not whole days, or given for a bucket of yours
   */
  constructor(scope: Construct, id: string, props: RunbookProps) {
    super(scope, id);
    const { instances = RunbookInstances.ofStack(), resultsBucket, resultsRetention, resultsBucketParameter } = props;
    if (resultsBucket !== undefined && resultsRetention !== undefined) {
      throw new Error('resultsRetention: got one with a resultsBucket; allowed is a lifecycle rule on that bucket itself.');
    }
    this.resultsBucket = resultsBucket ?? this.createResultsBucket(resultsRetention ?? Duration.days(30));
    this.resultsPrefix = props.name;
    const { bucketName } = this.resultsBucket;
    this.document = new CommandDocument(this, 'Document', {
      folder: props.folder,
      defaults: props.defaults,
      fixed: props.fixed,
      deployedDefaults: { ...props.deployedDefaults, ...(resultsBucketParameter === undefined ? {} : { [resultsBucketParameter]: bucketName }) },
    });
    // By these the command line finds the document, and the bucket by the document.
    Tags.of(this.document).add(RUNBOOK_TAG, props.name);
    Tags.of(this.document).add(STACK_TAG, instances.bind(this).stackName);
    Tags.of(this.document).add(RESULTS_TAG, bucketName);
    this.grants = RunbookGrants.fromRunbook(this, instances);
  }

  /** What instances need beside results and programs, for a runbook that makes something else. @internal */
  public _grantRunOn(_grantee: iam.IGrantable): iam.Grant | undefined {
    return undefined;
  }

  private createResultsBucket(retention: Duration): s3.Bucket {
    if (retention.isUnresolved() || !Number.isInteger(retention.toDays({ integral: false })) || retention.toDays() < 1) {
      const got = retention.isUnresolved() ? 'a duration that is only known at deployment' : retention.toHumanString();
      throw new Error(`resultsRetention: got ${got}; allowed are whole days, 1 or more.`);
    }
    const bucket = new s3.Bucket(this, 'Results', {
      encryption: s3.BucketEncryption.S3_MANAGED,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      lifecycleRules: [{ expiration: retention, abortIncompleteMultipartUploadAfter: Duration.days(1) }],
      // CloudFormation cannot delete a bucket with something in it, and a custom resource would be a Lambda function.
      removalPolicy: RemovalPolicy.RETAIN,
    });
    acknowledge(bucket, 'AwsSolutions-S1', 'Results expire; CloudTrail\'s data events can tell who read one, and an access log would need a bucket of its own');
    return bucket;
  }
}
