/**
 * Systems Manager's own limit is 64 KB for the document and the parameters of a command together;
 * what is left is for the parameters.
 *
 * @see https://docs.aws.amazon.com/general/latest/gr/ssm.html
 * @internal
 */
export const MOST_DOCUMENT_BYTES = 60 * 1024;

/** What one script file may take of it. @internal */
export const MOST_SCRIPT_BYTES = 40 * 1024;

/**
 * Shorter timeouts silently become an hour, and so do longer ones.
 *
 * @see https://github.com/aws/amazon-ssm-agent/blob/mainline/agent/plugins/pluginutil/pluginutil.go
 * @internal
 */
export const TIMEOUT_SECONDS = { least: 5, most: 172_800 } as const;

/** The only schema of Command documents that has steps. @internal */
export const SCHEMA_VERSION = '2.2';

/** One parameter of a Command document: a script reads it as `$SSM_<Name>`. @internal */
export interface DocumentParameter {
  readonly type: 'String';
  readonly description?: string;
  readonly default?: string;
  readonly allowedPattern?: string;
  readonly allowedValues?: readonly string[];
  readonly interpolationType: 'ENV_VAR';
}

/** One step of a Command document. @internal */
export interface DocumentStep {
  readonly action: 'aws:runShellScript';
  readonly name: string;
  readonly precondition?: { readonly [operator: string]: readonly string[] };
  /** In the source alone: rendered compressed, since the whole would not fit otherwise. */
  readonly packed?: boolean;
  /** In the source alone, and in one step at most: files and folders that its script gets, relative to the document's folder. */
  readonly carries?: readonly string[];
  readonly inputs: {
    readonly runCommand: readonly string[];
    readonly timeoutSeconds: number;
    readonly workingDirectory?: string;
    readonly onFailure?: string;
    readonly onSuccess?: string;
    readonly finallyStep?: boolean;
  };
}

/**
 * A Command document. In its source, `runCommand` names files; rendered, it holds their lines.
 *
 * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-schemas-features.html
 * @internal
 */
export interface DocumentContent {
  readonly schemaVersion: typeof SCHEMA_VERSION;
  readonly description?: string;
  readonly parameters: { readonly [name: string]: DocumentParameter };
  readonly mainSteps: readonly DocumentStep[];
}
