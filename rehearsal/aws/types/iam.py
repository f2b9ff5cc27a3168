"""IAM: roles with their managed policies, and managed policies that go away again.

moto's CloudFormation ignores `ManagedPolicyArns`, so that an instance comes up without
AmazonSSMManagedInstanceCore; updates of a role it answers with its description alone, and a role with an
attached policy, or a managed policy, it cannot delete.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-role.html
"""

from __future__ import annotations

import json
from typing import Any

from moto.iam.models import ManagedPolicy as MotoManagedPolicy
from moto.iam.models import Role, iam_backends
from moto.utilities.utils import get_partition

from ..bridge import extends, replaces


@replaces(Role, "create_from_cloudformation_json")
@classmethod
def create_role(
    cls: type[Role], name: str, definition: dict[str, Any], account_id: str, region: str, **kwargs: Any
) -> Role:
    role = create_role.__func__.original(name, definition, account_id, region, **kwargs)
    try:
        _attach(role, definition["Properties"], region)
    except Exception:
        _remove(role, region)
        raise
    return role


@replaces(Role, "update_from_cloudformation_json")
@classmethod
def update_role(
    cls: type[Role], original_resource: Role, cloudformation_json: dict, region_name: str, **_: Any
) -> Role:
    role, properties = original_resource, cloudformation_json["Properties"]
    backend = iam_backends[role.account_id][get_partition(region_name)]
    backend.update_assume_role_policy(role.name, _text(properties["AssumeRolePolicyDocument"]))
    role.description = properties.get("Description", "")
    role.max_session_duration = properties.get("MaxSessionDuration", 3600)
    role.permissions_boundary_arn = properties.get("PermissionsBoundary")
    role.tags = {tag["Key"]: tag for tag in properties.get("Tags", [])}
    # Only what the role's own definition put there: AWS::IAM::Policy puts its documents there too.
    for name in getattr(role, "own_policies", set()):
        role.policies.pop(name, None)
    for policy in properties.get("Policies", []):
        role.put_policy(policy["PolicyName"], _text(policy["PolicyDocument"]))
    _attach(role, properties, region_name)
    return role


@replaces(Role, "delete_from_cloudformation_json")
@classmethod
def delete_role(cls: type[Role], name: str, _: dict[str, Any], account_id: str, region: str) -> None:
    backend = iam_backends[account_id][get_partition(region)]
    _remove(backend.get_role(name), region)


def _attach(role: Role, properties: dict[str, Any], region: str) -> None:
    backend = iam_backends[role.account_id][get_partition(region)]
    wanted = properties.get("ManagedPolicyArns", [])
    for arn in getattr(role, "own_managed_policies", set()) - set(wanted):
        if arn in role.managed_policies:
            backend.detach_role_policy(arn, role.name)
    for arn in wanted:
        if arn not in role.managed_policies:
            backend.attach_role_policy(arn, role.name)
    role.own_managed_policies = set(wanted)
    role.own_policies = {policy["PolicyName"] for policy in properties.get("Policies", [])}


def _remove(role: Role, region: str) -> None:
    backend = iam_backends[role.account_id][get_partition(region)]
    for arn in getattr(role, "own_managed_policies", set()) & set(role.managed_policies):
        backend.detach_role_policy(arn, role.name)
    for name in getattr(role, "own_policies", set()) & set(role.policies):
        role.delete_policy(name)
    backend.delete_role(role.name)


def _text(document: Any) -> str:
    return document if isinstance(document, str) else json.dumps(document, default=str)


@extends(MotoManagedPolicy, "delete")
def delete_managed_policy(self: MotoManagedPolicy, account_id: str, region: str) -> None:
    backend = iam_backends[account_id][get_partition(region)]
    for role in list(backend.roles.values()):
        if self.arn in role.managed_policies:
            backend.detach_role_policy(self.arn, role.name)
    for user in list(backend.users.values()):
        if self.arn in user.managed_policies:
            backend.detach_user_policy(self.arn, user.name)
    for group in list(backend.groups.values()):
        if self.arn in group.managed_policies:
            backend.detach_group_policy(self.arn, group.name)
    backend.delete_policy(self.arn)
