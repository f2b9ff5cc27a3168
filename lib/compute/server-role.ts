import { ArnFormat, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { acknowledgeWildcard } from '../policy/acknowledgements';

/**
 * The role of a server's instance, with what Systems Manager's agent needs for Session Manager and
 * Run Command. Not `AmazonSSMManagedInstanceCore`, which also reads every parameter of the account.
 *
 * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-create-iam-instance-profile.html
 * @internal
 */
export function createServerRole(scope: Construct): iam.Role {
  const role = new iam.Role(scope, 'Role', {
    assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com'),
    description: 'A TensorFlow server on Graviton',
  });
  // None of these actions takes a resource that could be named before the instance exists.
  role.addToPrincipalPolicy(new iam.PolicyStatement({
    sid: 'SystemsManagerAgent',
    actions: [
      'ssm:UpdateInstanceInformation',
      'ssmmessages:CreateControlChannel', 'ssmmessages:CreateDataChannel', 'ssmmessages:OpenControlChannel', 'ssmmessages:OpenDataChannel',
      'ec2messages:AcknowledgeMessage', 'ec2messages:DeleteMessage', 'ec2messages:FailMessage', 'ec2messages:GetEndpoint',
      'ec2messages:GetMessages', 'ec2messages:SendReply',
    ],
    resources: ['*'],
  }));
  acknowledgeWildcard(role, '*', 'The agent\'s own actions, and ecr:GetAuthorizationToken, take no resource');
  return role;
}

/**
 * Lets an instance of this group ask for its own replacement. The group's name is not known before
 * the group, which needs the instance first; its tags are.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2autoscaling.html
 * @internal
 */
export function grantSelfReplacement(role: iam.Role, groupLogicalId: string): void {
  const stack = Stack.of(role);
  const anyGroup = stack.formatArn({
    service: 'autoscaling', resource: 'autoScalingGroup:*:autoScalingGroupName', resourceName: '*', arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });
  role.addToPrincipalPolicy(new iam.PolicyStatement({
    sid: 'ReplaceOwnInstance',
    actions: ['autoscaling:SetInstanceHealth'],
    resources: [anyGroup],
    conditions: {
      StringEquals: {
        'aws:ResourceTag/aws:cloudformation:stack-id': stack.stackId,
        'aws:ResourceTag/aws:cloudformation:logical-id': groupLogicalId,
      },
    },
  }));
  acknowledgeWildcard(role, anyGroup, 'The group\'s name is not known before the group; the condition names its stack and logical id');
}
