import type { Template } from 'aws-cdk-lib/assertions';
import { withTypicalValues } from './typical-values';

/** One right: an action on a resource under a condition. Statements may group rights in many ways; rights are what counts. */
export type Right = [action: string, resource: string, condition?: unknown];

function list<T>(value: T | T[]): T[] {
  return Array.isArray(value) ? value : [value];
}

/** Every right in the template's identity policies of one role, sorted; a deny or an inverted element is an error. */
export function rightsOf(template: Template, rolePrefix = '', values: { [name: string]: string } = {}): Right[] {
  const policies = Object.values(template.findResources('AWS::IAM::Policy')).filter((policy) =>
    policy.Properties.Roles.some((role: { Ref: string }) => role.Ref.startsWith(rolePrefix)));
  const roles = Object.entries(template.findResources('AWS::IAM::Role')).filter(([id]) => id.startsWith(rolePrefix)).map(([, role]) => role);
  const inline = roles.flatMap((role) => role.Properties.Policies ?? []).map((policy: any) => policy.PolicyDocument);
  const documents = withTypicalValues<any[]>(template, [...policies.map((policy) => policy.Properties.PolicyDocument), ...inline], values);
  return documents.flatMap((document) => document.Statement).flatMap((statement): Right[] => {
    const { Effect, Action, Resource, Condition, Sid: _, ...rest } = statement;
    if (Effect !== 'Allow' || Object.keys(rest).length > 0) {
      throw new Error(`unexpected statement ${JSON.stringify(statement)}`);
    }
    return list<string>(Action).flatMap((action) => list<string>(Resource).map((resource): Right => (Condition ? [action, resource, Condition] : [action, resource])));
  }).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

/** Rights in the order that `rightsOf` gives them. */
export function sorted(rights: Right[]): Right[] {
  return [...rights].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}
