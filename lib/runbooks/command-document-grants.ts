import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { CommandDocument } from './command-document';
import type { RunbookInstances } from './runbook-instances';
import { acknowledgeWildcard } from '../policy/acknowledgements';

/**
 * Grants on a Command document.
 */
export class CommandDocumentGrants {
  /** The grants on a document. */
  public static fromCommandDocument(document: CommandDocument): CommandDocumentGrants {
    return new CommandDocumentGrants(document);
  }

  private constructor(private readonly document: CommandDocument) {}

  /**
   * Lets `grantee` run this document, and no other one, on these instances, and no other ones; see
   * what became of it; and cancel it.
   *
   * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html
   */
  public send(grantee: iam.IGrantable, instances: RunbookInstances): iam.Grant {
    const { resourceArns, conditions } = instances.bind(this.document);
    const document = iam.Grant.addToPrincipal({
      grantee, actions: ['ssm:SendCommand', 'ssm:DescribeDocument'], resourceArns: [this.document.documentArn],
    });
    // A statement of its own: the condition on the instances' tags would fail for the document.
    const targets = iam.Grant.addToPrincipal({ grantee, actions: ['ssm:SendCommand'], resourceArns, conditions });
    const watch = iam.Grant.addToPrincipal({
      grantee,
      actions: ['ssm:ListDocuments', 'ssm:DescribeInstanceInformation', 'ssm:ListCommandInvocations', 'ssm:GetCommandInvocation', 'ssm:CancelCommand'],
      resourceArns: ['*'],
    });
    if (Construct.isConstruct(grantee)) {
      acknowledgeWildcard(grantee, '*', 'Finding documents and instances, and watching and cancelling commands, take no resource');
      for (const arn of conditions === undefined ? [] : resourceArns) {
        acknowledgeWildcard(grantee, arn, 'Instances come and go; the condition names the tag that those of the runbook carry');
      }
    }
    return document.combine(targets).combine(watch);
  }

  /**
   * Lets instances fetch what the document carries and could not hold.
   *
   * @returns nothing where the document holds it all
   */
  public fetch(grantee: iam.IGrantable): iam.Grant | undefined {
    return this.document._carried?.grantFetch(grantee);
  }
}
