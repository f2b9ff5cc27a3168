"""Change sets, the way `cdk deploy` works by default.

moto makes a second stack of the same name when a change set is created twice, finds a change set by its
name in any stack (the CDK gives every stack's the same name), gives a created stack no outputs and no
exports, and treats an executed update as if rollback did not exist.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html
"""

from __future__ import annotations

from collections.abc import Iterator

from moto.cloudformation.exceptions import AlreadyExistsException, CloudFormationError, ValidationError
from moto.cloudformation.models import ChangeSet, CloudFormationBackend, Stack
from moto.cloudformation.utils import generate_changeset_id, generate_stack_id, validate_create_change_set

from .bridge import replaces
from .events import stack_event
from .stacks import create_resources, differs, proposed, update_resources

NO_CHANGES = (
    "The submitted information didn't contain changes. Submit different information to create a change set."
)


class ChangeSetNotFound(CloudFormationError):
    code = "ChangeSetNotFound"


class InvalidChangeSetStatus(CloudFormationError):
    code = "InvalidChangeSetStatus"


@replaces(CloudFormationBackend, "create_change_set")
def create_change_set(
    self: CloudFormationBackend,
    stack_name: str,
    change_set_name: str,
    template: str,
    parameters: dict[str, str],
    description: str,
    change_set_type: str,
    notification_arns: list[str] | None = None,
    tags: dict[str, str] | None = None,
    role_arn: str | None = None,
) -> tuple[str, str]:
    """CreateChangeSet: what is invalid in the template or its parameters fails here, as in AWS."""
    validate_create_change_set(change_set_name)
    stack = self.get_stack(stack_name) if change_set_type == "UPDATE" else _stack_in_review(self, stack_name)
    candidate = proposed(stack, template, parameters, tags)
    candidate.role_arn = role_arn or stack.role_arn
    if any(found.change_set_name == change_set_name for found in _of_stack(self, stack)):
        raise AlreadyExistsException(f"ChangeSet {change_set_name} already exists")
    if change_set_type == "CREATE" and stack.stack_id not in self.stacks:
        self.stacks[stack.stack_id] = stack
        stack_event(stack, "REVIEW_IN_PROGRESS", "User Initiated")

    change_set = ChangeSet(
        change_set_type=change_set_type,
        change_set_id=generate_changeset_id(change_set_name, self.region_name, self.account_id),
        change_set_name=change_set_name,
        stack=stack,
        template=template,
        parameters=parameters,
        description=description,
        notification_arns=notification_arns,
        tags=tags,
        role_arn=role_arn,
    )
    change_set.candidate = candidate
    if change_set_type == "UPDATE" and not differs(stack, candidate):
        change_set.status, change_set.execution_status = "FAILED", "UNAVAILABLE"
        change_set.status_reason = NO_CHANGES
    else:
        change_set.status, change_set.execution_status = "CREATE_COMPLETE", "AVAILABLE"
    self.change_sets[change_set.change_set_id] = change_set
    return change_set.change_set_id, stack.stack_id


def _stack_in_review(backend: CloudFormationBackend, name: str) -> Stack:
    for stack in backend.stacks.values():
        if stack.name == name:
            if stack.status != "REVIEW_IN_PROGRESS":
                raise ValidationError(message=f"Stack [{name}] already exists and cannot be created again")
            return stack
    return Stack(
        stack_id=generate_stack_id(name, backend.region_name, backend.account_id),
        name=name,
        template={},
        parameters={},
        account_id=backend.account_id,
        region_name=backend.region_name,
        cross_stack_resources=backend.exports,
    )


def _of_stack(backend: CloudFormationBackend, stack: Stack) -> Iterator[ChangeSet]:
    return (found for found in list(backend.change_sets.values()) if found.stack_id == stack.stack_id)


def find(backend: CloudFormationBackend, name_or_id: str, stack_name: str | None) -> ChangeSet:
    """By id, or by name within its stack."""
    if name_or_id in backend.change_sets:
        return backend.change_sets[name_or_id]
    stack = backend.get_stack(stack_name)
    for change_set in _of_stack(backend, stack):
        if change_set.change_set_name == name_or_id:
            return change_set
    raise ChangeSetNotFound(f"ChangeSet [{name_or_id}] does not exist")


def execute(backend: CloudFormationBackend, change_set: ChangeSet) -> None:
    """ExecuteChangeSet; the stack's change sets are gone afterwards, as in AWS."""
    if change_set.execution_status != "AVAILABLE":
        raise InvalidChangeSetStatus(
            f"ChangeSet [{change_set.change_set_id}] cannot be executed in its current status "
            f"of [{change_set.status}]"
        )
    stack, candidate = change_set.stack, change_set.candidate
    for other in _of_stack(backend, stack):
        del backend.change_sets[other.change_set_id]
    change_set.execution_status = "EXECUTE_COMPLETE"
    if change_set.change_set_type == "CREATE":
        for name in ("template", "template_dict", "parameters", "tags", "resource_map", "role_arn"):
            setattr(stack, name, getattr(candidate, name))
        create_resources(backend, stack)
    else:
        update_resources(backend, stack, candidate)
