"""SignalResource.

moto answers it with HTTP 500. CloudFormation records each signal as an event of the resource and counts it
towards its CreationPolicy or rolling update. Here a deployment is over before anything boots, so a signal
counts for nothing and is recorded all the same, until the next deployment of its stack starts afresh.

AWS documents the limits and none of the error messages: their wording here is ours.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_SignalResource.html
"""

from __future__ import annotations

from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import Stack
from moto.cloudformation.responses import CloudFormationResponse
from moto.core.responses import ActionResult, EmptyResult

from .bridge import extends
from .events import resource_event

SIGNALLED_TYPES = ("AWS::AutoScaling::AutoScalingGroup", "AWS::EC2::Instance")
MAX_UNIQUE_ID = 64


@extends(CloudFormationResponse, "signal_resource")
def signal_resource(self: CloudFormationResponse) -> ActionResult:
    """Check and record a signal."""
    unique_id, status = self._get_param("UniqueId") or "", self._get_param("Status")
    _check(unique_id, status)
    stack = self.cloudformation_backend.get_stack(self._get_param("StackName"))
    logical_id = self._get_param("LogicalResourceId")
    made = getattr(stack, "made", {}).get(logical_id)
    if made is None:
        raise ValidationError(message=f"Resource {logical_id} does not exist for stack {stack.name}")
    kind = made.definition.type
    if kind not in SIGNALLED_TYPES:
        raise ValidationError(message=f"Resource {logical_id} of type {kind} cannot be signaled")
    _record(stack, logical_id, unique_id, status)
    resource_event(
        stack,
        logical_id,
        kind,
        "UPDATE_IN_PROGRESS" if stack.status.startswith("UPDATE") else "CREATE_IN_PROGRESS",
        made.physical_id,
        f"Received {status} signal with UniqueId {unique_id}",
    )
    return EmptyResult()


def _check(unique_id: str, status: str | None) -> None:
    failed = []
    if not 1 <= len(unique_id) <= MAX_UNIQUE_ID:
        failed.append(
            f"Value '{unique_id}' at 'uniqueId' failed to satisfy constraint: "
            f"Member must have length between 1 and {MAX_UNIQUE_ID}, got {len(unique_id)}"
        )
    if status not in ("SUCCESS", "FAILURE"):
        failed.append(
            f"Value '{status}' at 'status' failed to satisfy constraint: "
            "Member must satisfy enum value set: [FAILURE, SUCCESS]"
        )
    if failed:
        plural = "s" if len(failed) > 1 else ""
        raise ValidationError(message=f"{len(failed)} validation error{plural} detected: {'; '.join(failed)}")


def _record(stack: Stack, logical_id: str, unique_id: str, status: str) -> None:
    signals = stack.__dict__.setdefault("signals", {})
    if (logical_id, unique_id) in signals and status != "FAILURE":
        raise ValidationError(
            message=f"Signal with ID {unique_id} for resource {logical_id} already exists. "
            "Signals may only be updated with a FAILURE status."
        )
    signals[logical_id, unique_id] = status
