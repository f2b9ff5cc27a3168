import { Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as route53 from 'aws-cdk-lib/aws-route53';
import { acknowledgeWildcard } from '../policy/acknowledgements';

/**
 * The name that a server keeps in a zone, or `undefined` without a zone.
 *
 * @throws when the record's name is none
 * @internal
 */
export function hostNameIn(zone: route53.IPrivateHostedZone | undefined, recordName: string = 'server'): string | undefined {
  if (!Token.isUnresolved(recordName) && !/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(recordName)) {
    throw new Error(`recordName: got "${recordName}"; allowed are lower-case letters, digits and hyphens, beginning and ending with a letter or digit.`);
  }
  return zone && `${recordName}.${zone.zoneName}`;
}

/**
 * Lets the instance keep one A record of a zone pointing at itself, and wait until it is served.
 *
 * @returns the variables by which the boot does so; empty ones without a zone
 * @see https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/specifying-rrset-conditions.html
 * @internal
 */
export function bindServerName(role: iam.Role, zone: route53.IPrivateHostedZone | undefined, hostName: string | undefined): { [name: string]: string } {
  if (zone !== undefined && hostName !== undefined) {
    role.addToPrincipalPolicy(new iam.PolicyStatement({
      sid: 'KeepOwnName',
      actions: ['route53:ChangeResourceRecordSets'],
      resources: [zone.hostedZoneArn],
      conditions: {
        'ForAllValues:StringEquals': {
          'route53:ChangeResourceRecordSetsNormalizedRecordNames': [hostName],
          'route53:ChangeResourceRecordSetsRecordTypes': ['A'],
          'route53:ChangeResourceRecordSetsActions': ['UPSERT'],
        },
      },
    }));
    const anyChange = `arn:${Stack.of(role).partition}:route53:::change/*`;
    role.addToPrincipalPolicy(new iam.PolicyStatement({ actions: ['route53:GetChange'], resources: [anyChange] }));
    acknowledgeWildcard(role, anyChange, 'A change gets its id when it is made; reading its state tells nothing else');
  }
  return { GTF_DNS_ZONE: zone?.hostedZoneId ?? '', GTF_DNS_NAME: hostName ?? '' };
}
