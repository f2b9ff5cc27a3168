import { CannotTell } from './cannot-tell';

interface SdkError extends Error {
  readonly Code?: string;
  readonly code?: string;
  readonly cause?: SdkError;
}

const explanations: ReadonlyArray<readonly [pattern: RegExp, sentence: (error: SdkError, where: string) => string]> = [
  [/CredentialsProviderError|Could not load credentials|TokenProviderError/i, (error) => (/sso/i.test(error.message)
    ? 'The AWS sign-in session is missing or has ended: run `aws sso login`.'
    : 'No AWS credentials were found: sign in with `aws sso login` or `aws configure`, or choose a profile with AWS_PROFILE.')],
  [/Region is missing|Could not find region|ConfigError/i, () => 'No AWS region is set: pass --region, or set AWS_REGION.'],
  [/ExpiredToken|RequestExpired|TokenRefreshRequired/, () => 'The AWS credentials have expired: sign in again.'],
  [/InvalidClientTokenId|UnrecognizedClient|InvalidAccessKeyId|SignatureDoesNotMatch|AuthFailure|InvalidSignature/, () =>
    'AWS does not accept these credentials: check AWS_PROFILE, or sign in again.'],
  [/AccessDenied|UnauthorizedOperation|NotAuthorized/, (error, where) =>
    `The credentials may not call ${refusedCall(error) ?? 'this AWS API'}${where}: allow it for this user or role, or choose another with AWS_PROFILE.`],
  [/Throttl|TooManyRequests|RequestLimitExceeded|SlowDown/i, (_, where) =>
    `AWS limits the rate of requests${where} and kept refusing: try again in a minute.`],
  [/InvalidDocumentVersion|DocumentVersionNotFound/, () => 'The document has changed since it was looked up: run the command again.'],
  [/InvalidDocument\b|InvalidDocumentOperation|DocumentNotFound/, (error, where) =>
    `Systems Manager has no such document${where}${said(error)}: check --document and --region, or deploy the stack again.`],
  [/InvalidInstanceId|InvalidTarget/, (error, where) =>
    `Systems Manager cannot send to these instances${where}${said(error)}: check that they run, that their SSM agent answers, and that their role has AmazonSSMManagedInstanceCore.`],
  [/TargetNotConnected/, (_, where) => `The instance is not connected to Systems Manager${where}: start it or its amazon-ssm-agent service, and check that its subnet reaches the ssm endpoints.`],
  [/InvalidParameters|InvalidAllowedPattern/, (error) => `The document does not allow a parameter${said(error)}: correct the option that it belongs to.`],
  [/UnsupportedPlatformType/, () => 'The document is for Linux, and an instance runs something else: choose other instances.'],
  [/MaxDocumentSizeExceeded/, () => 'The document and its parameters are larger than the 64 KB that Systems Manager takes: shorten --log-path or --server.'],
  [/InvalidOutputFolder|InvalidOutputLocation/, (error, where) =>
    `The results bucket that the document's tag names cannot be used${where}${said(error)}: deploy the stack again, or correct the tag graviton-tensorflow:results.`],
  [/ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ECONNRESET|EHOSTUNREACH|TimeoutError|ETIMEDOUT|socket hang up/, (error, where) => {
    const custom = process.env.AWS_ENDPOINT_URL;
    const fix = custom ? `check AWS_ENDPOINT_URL (${custom})` : 'check the network, the proxy and the name of the region';
    return `AWS cannot be reached${where} (${innermost(error)}): ${fix}.`;
  }],
];

function innermost(error: SdkError): string {
  return error.code ?? (error.cause ? innermost(error.cause) : error.message || error.name);
}

/** An SDK error as one sentence with the fix; anything that is no AWS matter is thrown on as it is. */
export function explain(error: unknown, region: string | undefined): never {
  if (!(error instanceof Error) || error instanceof CannotTell) throw error;
  const sdk = error as SdkError;
  // Node wraps a refused connection in an AggregateError whose own message is empty.
  const text = [sdk.name, sdk.Code, sdk.code, sdk.message, sdk.cause?.code, sdk.cause?.name].filter(Boolean).join(' ');
  const where = region ? ` in ${region}` : '';
  for (const [pattern, sentence] of explanations) {
    if (pattern.test(text)) throw new CannotTell(sentence(sdk, where));
  }
  if ('$metadata' in error) throw new CannotTell(`AWS answered ${sdk.name}${where}: ${oneLine(sdk.message)}`);
  throw error;
}

/** The call that AWS refused, and on what: one action may need several resources, such as a document and a bucket. */
export function refusedCall({ message }: Error): string | undefined {
  const [, action, resource] = /perform: ?(\S+?:\w+)(?: on resource: "?(arn:[^\s"]+))?/.exec(message) ?? [];
  return action && (resource ? `${action} on ${resource}` : action);
}

/** What AWS itself said, where it said anything. */
function said({ name, message }: SdkError): string {
  const text = oneLine(message ?? '').replace(/\.$/, '');
  return text && text !== name && !/^(null|UnknownError)$/.test(text) ? ` (${text})` : '';
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** The JavaScript SDK does not read AWS_DEFAULT_REGION, which the AWS CLI's users set. */
export function regionFrom(option: string | undefined): string | undefined {
  return option ?? (process.env.AWS_REGION || process.env.AWS_DEFAULT_REGION || undefined);
}
