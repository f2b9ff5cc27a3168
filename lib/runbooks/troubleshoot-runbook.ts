import * as path from 'node:path';
import { Duration, RemovalPolicy, Tags } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { CommandDocument } from './command-document';
import { RunbookInstances } from './runbook-instances';
import { RESULTS_TAG, RUNBOOK_TAG, STACK_TAG, TROUBLESHOOT } from './runbook-names';
import { troubleshootDefaults } from './troubleshoot-defaults';
import { TroubleshootRunbookGrants } from './troubleshoot-runbook-grants';
import { packageRoot } from '../package-root';
import { acknowledge } from '../policy/acknowledgements';

/**
 * Properties of the troubleshooting runbook.
 */
export interface TroubleshootRunbookProps {
  /**
   * The instances that `grants.run()` lets it be run on.
   *
   * @default RunbookInstances.ofStack(): the servers of the runbook's own stack
   */
  readonly instances?: RunbookInstances;

  /**
   * A bucket of yours for the full reports and logs, below `troubleshoot/`. Its encryption, lifecycle
   * and policy stay yours.
   *
   * @default - a bucket of its own: encrypted, private, by TLS only; it stays when the stack goes
   */
  readonly resultsBucket?: s3.IBucket;

  /**
   * How long reports and logs are kept in the runbook's own bucket, in whole days.
   *
   * @default Duration.days(30)
   */
  readonly resultsRetention?: Duration;
}

/**
 * The troubleshooting runbook: a Command document that tells why a TensorFlow server on Graviton is
 * slow, and the line to change. `graviton-tf diagnose` finds it by its tags, runs it and reads the report.
 *
 * It works on any Graviton Linux instance that Systems Manager manages; the agent must be 3.3.2746.0 or later.
 *
 * @see https://github.com/aws/aws-graviton-getting-started/blob/main/machinelearning/tensorflow.md#troubleshooting-performance-issues
 */
export class TroubleshootRunbook extends Construct {
  /** The document that Run Command runs. */
  public readonly document: CommandDocument;

  /** Where the full reports and logs go, below `troubleshoot/`. */
  public readonly resultsBucket: s3.IBucket;

  /** Who may run it and read the results, and which instances may write them. */
  public readonly grants: TroubleshootRunbookGrants;

  /**
   * @throws when the retention is not whole days, or given for a bucket of yours
   */
  constructor(scope: Construct, id: string, props?: TroubleshootRunbookProps) {
    super(scope, id);
    const { instances = RunbookInstances.ofStack(), resultsBucket, resultsRetention } = props ?? {};
    if (resultsBucket !== undefined && resultsRetention !== undefined) {
      throw new Error('resultsRetention: got one with a resultsBucket; allowed is a lifecycle rule on that bucket itself.');
    }
    this.resultsBucket = resultsBucket ?? this.createResultsBucket(resultsRetention ?? Duration.days(30));
    this.document = new CommandDocument(this, 'Document', {
      folder: path.join(packageRoot(), 'runbooks', 'troubleshoot'),
      defaults: troubleshootDefaults(),
    });
    // By these the command line finds the document, and the bucket by the document.
    Tags.of(this.document).add(RUNBOOK_TAG, TROUBLESHOOT);
    Tags.of(this.document).add(STACK_TAG, instances.bind(this).stackName);
    Tags.of(this.document).add(RESULTS_TAG, this.resultsBucket.bucketName);
    this.grants = TroubleshootRunbookGrants.fromTroubleshootRunbook(this, instances);
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
    acknowledge(bucket, 'AwsSolutions-S1', 'Reports expire; CloudTrail\'s data events can tell who read one, and an access log would need a bucket of its own');
    return bucket;
  }
}
