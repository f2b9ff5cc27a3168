"""CloudFormation's requests, where moto reads them wrong.

moto answers `UsePreviousValue` with HTTP 500 or with a resolved value in the place of an SSM parameter's
name, ignores the stack a change set is asked of, and lets an unchanged stack without parameters update.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Parameter.html
"""

from __future__ import annotations

import contextlib
from typing import Any

from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import Stack
from moto.cloudformation.responses import CloudFormationResponse
from moto.core.responses import ActionResult, EmptyResult

from . import change_sets
from .bridge import replaces


def _template(response: CloudFormationResponse, stack: Stack | None) -> str:
    body, url = response._get_param("TemplateBody"), response._get_param("TemplateURL")
    if response._get_bool_param("UsePreviousTemplate", False):
        if body or url:
            raise ValidationError(
                message="You cannot specify both usePreviousTemplate and Template Body/Template URL."
            )
        return stack.template
    if not body and not url:
        raise ValidationError(message="Either Template URL or Template Body must be specified.")
    return body or response._get_stack_from_s3_url(url)


def _parameters(response: CloudFormationResponse, stack: Stack | None) -> dict[str, str]:
    values = {}
    for parameter in response._get_param("Parameters", []):
        name = parameter["ParameterKey"]
        if not parameter.get("UsePreviousValue"):
            values[name] = parameter.get("ParameterValue", "")
            continue
        previous = stack.resource_map.given_parameters if stack and stack.template_dict else {}
        if parameter.get("ParameterValue"):
            raise ValidationError(
                message=f"Invalid input for parameter key {name}. "
                "Cannot specify usePreviousValue as true and non empty value for a parameter"
            )
        if name not in previous:
            raise ValidationError(
                message=f"Invalid input for parameter key {name}. Cannot specify usePreviousValue as true "
                "for a parameter key not in the previous template"
            )
        values[name] = previous[name]
    return values


def _tags(response: CloudFormationResponse) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in response._get_param("Tags", [])}


@replaces(CloudFormationResponse, "create_stack")
def create_stack(self: CloudFormationResponse) -> ActionResult:
    """CreateStack."""
    stack = self.cloudformation_backend.create_stack(
        name=self._get_param("StackName"),
        template=_template(self, None),
        parameters=_parameters(self, None),
        notification_arns=self._get_param("NotificationARNs", []),
        tags=_tags(self),
        role_arn=self._get_param("RoleARN"),
        enable_termination_protection=self._get_bool_param("EnableTerminationProtection", False),
        timeout_in_mins=self._get_param("TimeoutInMinutes"),
        stack_policy_body=self._get_param("StackPolicyBody"),
    )
    return ActionResult({"StackId": stack.stack_id})


@replaces(CloudFormationResponse, "update_stack")
def update_stack(self: CloudFormationResponse) -> ActionResult:
    """UpdateStack; no tags in the request leave the stack's as they are."""
    stack = self.cloudformation_backend.get_stack(self._get_param("StackName"))
    self.cloudformation_backend.update_stack(
        name=stack.stack_id,
        template=_template(self, stack),
        role_arn=self._get_param("RoleARN"),
        parameters=_parameters(self, stack),
        tags=_tags(self) or None,
    )
    return ActionResult({"StackId": stack.stack_id})


@replaces(CloudFormationResponse, "create_change_set")
def create_change_set(self: CloudFormationResponse) -> ActionResult:
    """CreateChangeSet; the type defaults to UPDATE."""
    kind = self._get_param("ChangeSetType", "UPDATE")
    if kind not in ("CREATE", "UPDATE"):
        raise ValidationError(message=f"ChangeSetType must be CREATE or UPDATE here, got {kind}")
    name = self._get_param("StackName")
    stack = self.cloudformation_backend.get_stack(name) if kind == "UPDATE" else None
    change_set_id, stack_id = self.cloudformation_backend.create_change_set(
        stack_name=name,
        change_set_name=self._get_param("ChangeSetName"),
        template=_template(self, stack),
        parameters=_parameters(self, stack),
        description=self._get_param("Description"),
        notification_arns=self._get_param("NotificationARNs", []),
        tags=_tags(self) or None,
        role_arn=self._get_param("RoleARN"),
        change_set_type=kind,
    )
    return ActionResult({"Id": change_set_id, "StackId": stack_id})


def _change_set(response: CloudFormationResponse) -> Any:
    name, stack_name = response._get_param("ChangeSetName"), response._get_param("StackName")
    return change_sets.find(response.cloudformation_backend, name, stack_name)


@replaces(CloudFormationResponse, "describe_change_set")
def describe_change_set(self: CloudFormationResponse) -> ActionResult:
    """DescribeChangeSet."""
    return ActionResult(_change_set(self))


@replaces(CloudFormationResponse, "delete_change_set")
def delete_change_set(self: CloudFormationResponse) -> ActionResult:
    """DeleteChangeSet: one that is not there is no error."""
    with contextlib.suppress(change_sets.ChangeSetNotFound):
        del self.cloudformation_backend.change_sets[_change_set(self).change_set_id]
    return EmptyResult()


@replaces(CloudFormationResponse, "execute_change_set")
def execute_change_set(self: CloudFormationResponse) -> ActionResult:
    """ExecuteChangeSet."""
    change_sets.execute(self.cloudformation_backend, _change_set(self))
    return EmptyResult()


@replaces(CloudFormationResponse, "list_change_sets")
def list_change_sets(self: CloudFormationResponse) -> ActionResult:
    """ListChangeSets of one stack."""
    stack = self.cloudformation_backend.get_stack(self._get_param("StackName"))
    found = [
        item for item in self.cloudformation_backend.change_sets.values() if item.stack_id == stack.stack_id
    ]
    return ActionResult({"Summaries": found})
