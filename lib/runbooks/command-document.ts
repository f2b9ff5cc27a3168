import { Stack, Token } from 'aws-cdk-lib';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { CarriedAsset } from './carried-asset';
import { CommandDocumentGrants } from './command-document-grants';
import { renderDocument } from './render-document';

/**
 * Properties of a Command document.
 */
export interface CommandDocumentProps {
  /**
   * Path of the folder that holds `document.yaml` and the scripts that its steps name.
   *
   * The YAML is a document of schema 2.2, but for `runCommand`, which names files relative to the
   * folder: their lines are put in the place of their names. One step may have `carries`, a list of files
   * and folders that its script finds in the variables CARRIED and CARRIED_SHA256: in the document itself
   * where it has room for them, else as an asset's URL, and then instances need `grants.fetch()`.
   */
  readonly folder: string;

  /**
   * Defaults of the document's parameters, by the parameter's name; they replace those of `document.yaml`.
   *
   * @default - those of document.yaml
   */
  readonly defaults?: { [parameter: string]: string };

  /**
   * Defaults that are only known at deployment, such as a bucket's name: the service checks them against
   * the parameter's pattern then. The parameter needs a default in `document.yaml`, which they replace.
   *
   * @default - none
   */
  readonly deployedDefaults?: { [parameter: string]: string };

  /**
   * Parameters that who runs the document may not choose, such as the address that software is installed
   * from: their default is their only value.
   *
   * @default - none: all are theirs to choose, within the parameter's pattern
   */
  readonly fixed?: string[];

  /**
   * The document's name. A name cannot be used twice in an account and region.
   *
   * @default - a name that CloudFormation makes
   */
  readonly documentName?: string;
}

/**
 * A Systems Manager document that Run Command runs on Linux instances, made of script files.
 *
 * A changed document becomes a new version of the same document, and the default one.
 *
 * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-schemas-features.html
 */
export class CommandDocument extends Construct {
  /** The document's name, by which commands are sent. */
  public readonly documentName: string;

  /** The document's ARN. */
  public readonly documentArn: string;

  /** Grants on the document. */
  public readonly grants: CommandDocumentGrants;

  /** What did not fit into the document. @internal */
  public readonly _carried?: CarriedAsset;

  /**
   * @throws when the service would refuse the document, or the agent misread it
   */
  constructor(scope: Construct, id: string, props: CommandDocumentProps) {
    super(scope, id);
    let carried: CarriedAsset | undefined;
    const content = renderDocument(props.folder, {
      defaults: literal(props.defaults ?? {}),
      fixed: props.fixed,
      deployedDefaults: props.deployedDefaults,
      store: (packed) => {
        carried = new CarriedAsset(this, 'Carried', { folder: props.folder, content: packed });
        return carried.url;
      },
    });
    const document = new ssm.CfnDocument(this, 'Resource', {
      content,
      documentFormat: 'JSON',
      documentType: 'Command',
      targetType: '/AWS::EC2::Instance',
      // The default, Replace, cannot replace a document that has a name.
      updateMethod: 'NewVersion',
      name: checkName(props.documentName),
    });
    this._carried = carried;
    this.documentName = document.ref;
    this.documentArn = Stack.of(this).formatArn({ service: 'ssm', resource: 'document', resourceName: this.documentName });
    this.grants = CommandDocumentGrants.fromCommandDocument(this);
  }
}

/** @see https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CreateDocument.html */
function checkName(name: string | undefined): string | undefined {
  if (name !== undefined && !Token.isUnresolved(name) && (!/^[\w.-]{3,128}$/.test(name) || /^(aws|amazon|amzn)/i.test(name))) {
    throw new Error(`documentName: got "${name}"; allowed are 3 to 128 letters, digits, "_", "." and "-" that do not begin with aws, amazon or amzn.`);
  }
  return name;
}

function literal(defaults: { [parameter: string]: string }): { [parameter: string]: string } {
  const late = Object.keys(defaults).find((name) => Token.isUnresolved(defaults[name]));
  if (late !== undefined) {
    throw new Error(`defaults: got a value for "${late}" that is only known at deployment; allowed are values that can be checked against the parameter's pattern.`);
  }
  return defaults;
}
