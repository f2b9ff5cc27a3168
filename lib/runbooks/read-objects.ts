import { Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { acknowledgeWildcard } from '../policy/acknowledgements';

/** What a runbook reads in S3: one object; or, with a slash at the key's end, all below it. @internal */
export interface ReadObjects {
  readonly bucket: s3.IBucket;
  readonly objectKey: string;
}

/**
 * The characters that the documents' parameters take; "*", "?" and "$" would be patterns in IAM.
 *
 * @param what the property that holds the key, for the sentence
 * @internal
 */
export function checkObjectKey(what: string, key: string | undefined): void {
  if (key !== undefined && !Token.isUnresolved(key) && !/^(?!\/)[A-Za-z0-9._~/@:+,=%-]{1,900}$/.test(key)) {
    throw new Error(`${what}: got "${key}"; allowed are 1 to 900 letters, digits and ._~/@:+,=%- that do not begin with "/".`);
  }
}

/**
 * Lets `grantee` read them, and no other object of their bucket.
 *
 * @param reason for the wildcard, where they are all below a prefix
 * @internal
 */
export function grantReadObjects(grantee: iam.IGrantable, { bucket, objectKey }: ReadObjects, reason: string): iam.Grant {
  bucket.encryptionKey?.grantDecrypt(grantee);
  if (Token.isUnresolved(objectKey) || !objectKey.endsWith('/')) {
    return iam.Grant.addToPrincipal({ grantee, actions: ['s3:GetObject'], resourceArns: [bucket.arnForObjects(objectKey)] });
  }
  const objects = bucket.arnForObjects(`${objectKey}*`);
  if (Construct.isConstruct(grantee)) {
    acknowledgeWildcard(grantee, objects, reason);
  }
  const list = iam.Grant.addToPrincipal({
    grantee, actions: ['s3:ListBucket'], resourceArns: [bucket.bucketArn], conditions: { StringLike: { 's3:prefix': [`${objectKey}*`] } },
  });
  return iam.Grant.addToPrincipal({ grantee, actions: ['s3:GetObject'], resourceArns: [objects] }).combine(list);
}
