import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { RunbookInstances } from './runbook-instances';
import { TROUBLESHOOT, resultsPrefix } from './runbook-names';
import type { TroubleshootRunbook } from './troubleshoot-runbook';
import { acknowledgeWildcard } from '../policy/acknowledgements';

const RESULTS = `${resultsPrefix(TROUBLESHOOT)}/*`;

/**
 * Grants on the troubleshooting runbook.
 */
export class TroubleshootRunbookGrants {
  /**
   * The grants on a runbook.
   *
   * @param instances that it may be run on
   */
  public static fromTroubleshootRunbook(runbook: TroubleshootRunbook, instances: RunbookInstances): TroubleshootRunbookGrants {
    return new TroubleshootRunbookGrants(runbook, instances);
  }

  private constructor(private readonly runbook: TroubleshootRunbook, private readonly instances: RunbookInstances) {}

  /**
   * Lets an operator run the runbook on its instances with `graviton-tf diagnose`, watch and cancel
   * it, and read its reports and logs; nothing else.
   */
  public run(grantee: iam.IGrantable): iam.Grant {
    const { document, resultsBucket } = this.runbook;
    const send = document.grants.send(grantee, this.instances);
    // Run Command also asks whether its caller may send output to that bucket.
    const output = iam.Grant.addToPrincipal({ grantee, actions: ['ssm:SendCommand'], resourceArns: [resultsBucket.bucketArn] });
    const read = this.onResults(grantee, ['s3:GetObject'], 'A diagnosis writes many objects below its prefix');
    resultsBucket.encryptionKey?.grant(grantee, 'kms:Decrypt');
    return send.combine(output).combine(read);
  }

  /**
   * Lets instances write reports and logs: the SSM agent uploads them by the instance's own role.
   */
  public writeResults(grantee: iam.IGrantable): iam.Grant {
    // The agent always sends the ACL bucket-owner-full-control along, for which S3 asks PutObjectAcl.
    const write = this.onResults(grantee, ['s3:PutObject', 's3:PutObjectAcl'], 'The keys hold the command\'s and the instance\'s id');
    // Decrypt is what a multipart upload, of a log above 5 MB, needs beside GenerateDataKey.
    this.runbook.resultsBucket.encryptionKey?.grant(grantee, 'kms:GenerateDataKey', 'kms:Decrypt');
    return write;
  }

  private onResults(grantee: iam.IGrantable, actions: string[], reason: string): iam.Grant {
    const objects = this.runbook.resultsBucket.arnForObjects(RESULTS);
    if (Construct.isConstruct(grantee)) {
      acknowledgeWildcard(grantee, objects, reason);
    }
    return iam.Grant.addToPrincipal({ grantee, actions, resourceArns: [objects] });
  }
}
