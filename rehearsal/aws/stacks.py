"""A stack's life: create, update, roll back, delete.

moto answers a failed resource with HTTP 500 and calls the stack complete on the SDK's retry; it has no
ROLLBACK states, and updates an unchanged stack. Here each operation ends in the status AWS gives it.
Unlike AWS an operation is over when its call returns, and a resource's CreationPolicy waits for nothing:
nothing boots inside the emulator, so whoever drives the deployment checks the signals (signals.py).

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html#cfn-console-view-stack-data-resources-status-codes
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from moto.cloudformation.exceptions import AlreadyExistsException, ValidationError
from moto.cloudformation.models import CloudFormationBackend, OutputMap, Stack
from moto.cloudformation.utils import generate_stack_id

from .bridge import replaces
from .events import failure_reason, stack_event
from .provisioning import Provisioning, ResourceFailed

NO_UPDATES = "No updates are to be performed."


@replaces(CloudFormationBackend, "create_stack")
def create_stack(
    self: CloudFormationBackend,
    name: str,
    template: str,
    parameters: dict[str, str],
    notification_arns: list[str] | None = None,
    tags: dict[str, str] | None = None,
    role_arn: str | None = None,
    enable_termination_protection: bool | None = False,
    timeout_in_mins: int | None = None,
    stack_policy_body: str | None = None,
) -> Stack:
    """CreateStack: the stack exists whether its resources could be made or not."""
    if any(stack.name == name for stack in self.stacks.values()):
        raise AlreadyExistsException(f"Stack [{name}] already exists")
    stack = Stack(
        stack_id=generate_stack_id(name, self.region_name, self.account_id),
        name=name,
        template=template,
        parameters=parameters,
        account_id=self.account_id,
        region_name=self.region_name,
        notification_arns=notification_arns,
        tags=tags,
        role_arn=role_arn,
        cross_stack_resources=self.exports,
        enable_termination_protection=enable_termination_protection,
        timeout_in_mins=timeout_in_mins,
        stack_policy_body=stack_policy_body,
    )
    self.stacks[stack.stack_id] = stack
    create_resources(self, stack)
    return stack


def create_resources(backend: CloudFormationBackend, stack: Stack) -> None:
    """CREATE_COMPLETE, or ROLLBACK_COMPLETE with nothing left."""
    stack_event(stack, "CREATE_IN_PROGRESS", "User Initiated")
    stack.signals = {}
    provisioning = Provisioning(stack)
    reason = _attempt(provisioning, lambda: _publish(backend, stack), "create")
    if reason is None:
        stack_event(stack, "CREATE_COMPLETE")
        return
    stack.output_map = OutputMap(stack.resource_map, {}, stack.stack_id)
    stack_event(stack, "ROLLBACK_IN_PROGRESS", f"{reason} Rollback requested by user.")
    _roll_back(provisioning, "ROLLBACK")


def _attempt(provisioning: Provisioning, publish: Callable[[], None], verb: str) -> str | None:
    try:
        provisioning.converge()
    except ResourceFailed as failure:
        return f"The following resource(s) failed to {verb}: [{failure.logical_id}]."
    try:
        publish()
    except Exception as error:  # an output that cannot be evaluated, an export's name that is taken
        return failure_reason(error)
    return None


def _roll_back(provisioning: Provisioning, prefix: str) -> None:
    try:
        provisioning.roll_back()
    except Exception as error:
        stack_event(provisioning.stack, f"{prefix}_FAILED", failure_reason(error))
    else:
        if prefix == "UPDATE_ROLLBACK":
            stack_event(provisioning.stack, "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
        stack_event(provisioning.stack, f"{prefix}_COMPLETE")


def _publish(backend: CloudFormationBackend, stack: Stack) -> None:
    stack.description = stack.template_dict.get("Description")
    stack.output_map = stack._create_output_map()
    list(stack.output_map.values())
    new = {export.name: export for export in stack.exports}
    for name in new:
        if name in backend.exports and backend.exports[name].exporting_stack_id != stack.stack_id:
            raise ValidationError(message=f"Export with name {name} is already exported by another stack.")
    _withdraw_exports(backend, stack)
    backend.exports.update(new)


def _withdraw_exports(backend: CloudFormationBackend, stack: Stack) -> None:
    for name in [
        name for name, export in backend.exports.items() if export.exporting_stack_id == stack.stack_id
    ]:
        del backend.exports[name]


def proposed(stack: Stack, template: str, parameters: dict[str, str], tags: dict[str, str] | None) -> Stack:
    """The stack as it would be, nothing made: what is invalid in the request fails here, before any event."""
    if stack.status == "ROLLBACK_COMPLETE":
        raise ValidationError(
            message=f"Stack:{stack.stack_id} is in ROLLBACK_COMPLETE state and can not be updated."
        )
    candidate = copy.copy(stack)
    candidate.template, candidate.parameters = template, parameters
    candidate.tags = stack.tags if tags is None else tags
    candidate._parse_template()
    candidate.resource_map = candidate._create_resource_map()
    return candidate


def differs(stack: Stack, candidate: Stack) -> bool:
    """Whether an update would have something to do, a moved SSM parameter included."""
    return (
        stack.template_dict != candidate.template_dict
        or stack.tags != candidate.tags
        or stack.resource_map.given_parameters != candidate.resource_map.given_parameters
        or stack.resource_map.resolved_parameters != candidate.resource_map.resolved_parameters
    )


def update_resources(backend: CloudFormationBackend, stack: Stack, candidate: Stack) -> None:
    """UPDATE_COMPLETE, or UPDATE_ROLLBACK_COMPLETE with everything as it was."""
    adopted = ("template", "template_dict", "parameters", "tags", "resource_map", "output_map", "role_arn")
    before = {name: getattr(stack, name) for name in adopted}
    stack_event(stack, "UPDATE_IN_PROGRESS", "User Initiated")
    stack.signals = {}
    for name in adopted:
        setattr(stack, name, getattr(candidate, name))
    provisioning = Provisioning(stack)
    known = stack.resource_map._resource_json_map
    stack.resource_map._parsed_resources.update(
        {name: made.resource for name, made in provisioning.made.items() if name in known}
    )
    reason = _attempt(provisioning, lambda: _publish(backend, stack), "update")
    if reason is None:
        stack_event(stack, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        provisioning.clean_up()
        stack_event(stack, "UPDATE_COMPLETE")
        return
    stack_event(stack, "UPDATE_ROLLBACK_IN_PROGRESS", reason)
    for name, value in before.items():
        setattr(stack, name, value)
    _roll_back(provisioning, "UPDATE_ROLLBACK")


@replaces(CloudFormationBackend, "update_stack")
def update_stack(
    self: CloudFormationBackend,
    name: str,
    template: str,
    role_arn: str | None,
    parameters: dict[str, str],
    tags: dict[str, str] | None,
) -> Stack:
    """UpdateStack; `parameters` are resolved by the request (see requests.py)."""
    stack = self.get_stack(name)
    candidate = proposed(stack, template, parameters, tags)
    if not differs(stack, candidate):
        raise ValidationError(message=NO_UPDATES)
    candidate.role_arn = role_arn or stack.role_arn
    update_resources(self, stack, candidate)
    return stack


@replaces(CloudFormationBackend, "delete_stack")
def delete_stack(self: CloudFormationBackend, name_or_stack_id: str) -> None:
    """DELETE_COMPLETE, or DELETE_FAILED with the stack still there; no such stack is no error."""
    for stack in list(self.stacks.values()):
        if name_or_stack_id not in (stack.name, stack.stack_id):
            continue
        if stack.enable_termination_protection:
            raise ValidationError(
                message=f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled"
            )
        stack_event(stack, "DELETE_IN_PROGRESS", "User Initiated")
        try:
            Provisioning(stack).remove_all()
        except ResourceFailed as failure:
            reason = f"The following resource(s) failed to delete: [{failure.logical_id}]."
            stack_event(stack, "DELETE_FAILED", reason)
            return
        _withdraw_exports(self, stack)
        stack_event(stack, "DELETE_COMPLETE")
        del self.stacks[stack.stack_id]
        self.deleted_stacks[stack.stack_id] = stack


@replaces(Stack, "stack_resources")
@property
def stack_resources(self: Stack) -> list[Any]:
    """The resources that exist: moto lists one with a false condition as a nameless row."""
    return [made.resource for made in getattr(self, "made", {}).values()]


@replaces(Stack, "create_resources")
def create_nested_resources(self: Stack) -> None:
    """Stack sets and nested stacks come this way in moto; neither is bridged."""
    raise ValidationError(message="The embedded AWS makes no stack sets and no nested stacks.")
