"""Stack events, in CloudFormation's words.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackEvent.html
"""

from __future__ import annotations

import sys
import traceback
from datetime import timedelta

from botocore.exceptions import ClientError, ParamValidationError
from moto.cloudformation.models import Event, Stack
from moto.core.exceptions import ServiceException
from werkzeug.exceptions import HTTPException


def stack_event(stack: Stack, status: str, reason: str | None = None) -> None:
    """Put the stack into a status, with the event that says so."""
    stack.status = status
    stack._add_stack_event(status, resource_status_reason=reason)
    _after_the_last(stack)


def resource_event(
    stack: Stack,
    logical_id: str,
    resource_type: str,
    status: str,
    physical_id: str | None = None,
    reason: str | None = None,
) -> None:
    """Record what happens to a resource."""
    event = Event(
        stack_id=stack.stack_id,
        stack_name=stack.name,
        logical_resource_id=logical_id,
        physical_resource_id=physical_id or "",
        resource_type=resource_type,
        resource_status=status,
        resource_status_reason=reason,
        resource_properties=None,
    )
    stack.events.append(event)
    _after_the_last(stack)


def _after_the_last(stack: Stack) -> None:
    # Readers sort by time, which has milliseconds; a resource here takes less.
    if len(stack.events) > 1:
        earliest = stack.events[-2].timestamp + timedelta(milliseconds=1)
        stack.events[-1].timestamp = max(stack.events[-1].timestamp, earliest)


def failure_reason(error: Exception) -> str:
    """One sentence for a FAILED event; what is no AWS error is a gap in the emulator, and says so."""
    if isinstance(error, ServiceException):
        return f"{error.message} (Error Code: {error.code})"
    if isinstance(error, HTTPException):
        return str(getattr(error, "message", None) or error.description)
    if isinstance(error, (ClientError, ParamValidationError)):
        return str(error)
    if isinstance(error, ValueError) and error.args:
        return str(error)
    traceback.print_exception(error, file=sys.stderr)
    return f"The embedded AWS failed here: {type(error).__name__}: {error}"
