import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { Runbook } from './runbook';
import type { RunbookInstances } from './runbook-instances';
import { acknowledgeWildcard } from '../policy/acknowledgements';

/**
 * Grants on a runbook.
 */
export class RunbookGrants {
  /**
   * The grants on a runbook.
   *
   * @param instances that it may be run on
   */
  public static fromRunbook(runbook: Runbook, instances: RunbookInstances): RunbookGrants {
    return new RunbookGrants(runbook, instances);
  }

  private constructor(private readonly runbook: Runbook, private readonly instances: RunbookInstances) {}

  /**
   * Lets an operator run the runbook on its instances with `graviton-tf`, watch and cancel it, and read
   * its results; nothing else, and no other runbook's.
   */
  public run(grantee: iam.IGrantable): iam.Grant {
    const { document, resultsBucket } = this.runbook;
    const send = document.grants.send(grantee, this.instances);
    // Run Command also asks whether its caller may send output to that bucket.
    const output = iam.Grant.addToPrincipal({ grantee, actions: ['ssm:SendCommand'], resourceArns: [resultsBucket.bucketArn] });
    const read = this.onResults(grantee, ['s3:GetObject'], 'A command writes many objects below its runbook\'s prefix');
    resultsBucket.encryptionKey?.grant(grantee, 'kms:Decrypt');
    return send.combine(output).combine(read);
  }

  /**
   * Lets instances write results: the SSM agent uploads them by the instance's own role.
   */
  public writeResults(grantee: iam.IGrantable): iam.Grant {
    // The agent always sends the ACL bucket-owner-full-control along, for which S3 asks PutObjectAcl.
    const write = this.onResults(grantee, ['s3:PutObject', 's3:PutObjectAcl'], 'The keys hold the command\'s and the instance\'s id');
    // Decrypt is what a multipart upload, of a log above 5 MB, needs beside GenerateDataKey.
    this.runbook.resultsBucket.encryptionKey?.grant(grantee, 'kms:GenerateDataKey', 'kms:Decrypt');
    return write;
  }

  /**
   * Lets instances be what the runbook runs on: they fetch the programs that its document carries, where it
   * is too large to hold them, write results and, where the runbook builds something, put that into its bucket.
   */
  public runOn(grantee: iam.IGrantable): iam.Grant {
    const more = [this.runbook.document.grants.fetch(grantee), this.runbook._grantRunOn(grantee)];
    return more.reduce<iam.Grant>((grants, grant) => (grant === undefined ? grants : grants.combine(grant)), this.writeResults(grantee));
  }

  private onResults(grantee: iam.IGrantable, actions: string[], reason: string): iam.Grant {
    const { resultsBucket, resultsPrefix } = this.runbook;
    const objects = resultsBucket.arnForObjects(`${resultsPrefix}/*`);
    if (Construct.isConstruct(grantee)) {
      acknowledgeWildcard(grantee, objects, reason);
    }
    return iam.Grant.addToPrincipal({ grantee, actions, resourceArns: [objects] });
  }
}
