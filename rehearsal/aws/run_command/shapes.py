"""Commands, invocations and steps as the API describes them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .invocation import TERMINAL, Command, Invocation, StepState

LONGEST_STDOUT, LONGEST_STDERR, LONGEST_LISTED = 24_000, 8_000, 2_500


def command_shape(command: Command) -> dict[str, Any]:
    status, details = command.status()
    invocations = command.invocations()
    ended = [each.status for each in invocations if each.status in TERMINAL]
    return {
        "CommandId": command.id,
        "DocumentName": command.document_name,
        "DocumentVersion": command.document_version,
        "Comment": command.comment,
        "ExpiresAfter": command.expires,
        "Parameters": command.parameters,
        # With targets, the instances are known from the invocations only.
        "InstanceIds": [] if command.targets else command.instance_ids,
        "Targets": command.targets,
        "RequestedDateTime": command.requested,
        "Status": status,
        "StatusDetails": details,
        "OutputS3BucketName": command.bucket,
        "OutputS3KeyPrefix": command.key_prefix,
        "MaxConcurrency": command.max_concurrency,
        "MaxErrors": command.max_errors,
        "TargetCount": len(invocations),
        "CompletedCount": len(ended),
        "ErrorCount": ended.count("Failed"),
        "DeliveryTimedOutCount": sum(each.details == "DeliveryTimedOut" for each in invocations),
        "TimeoutSeconds": command.timeout_seconds,
    }


def invocation_shape(invocation: Invocation, with_steps: bool) -> dict[str, Any]:
    command = invocation.command
    return {
        "CommandId": command.id,
        "InstanceId": invocation.instance_id,
        "InstanceName": "",
        "Comment": command.comment,
        "DocumentName": command.document_name,
        "DocumentVersion": command.document_version,
        "RequestedDateTime": command.requested,
        "Status": invocation.status,
        "StatusDetails": invocation.details,
        "StandardOutputUrl": "",
        "StandardErrorUrl": "",
        "CommandPlugins": [_plugin_shape(invocation, step) for step in invocation.steps]
        if with_steps
        else [],
    }


def _plugin_shape(invocation: Invocation, step: StepState) -> dict[str, Any]:
    shape = {
        "Name": step.name,
        "Status": step.status,
        "StatusDetails": step.details,
        "ResponseCode": step.code,
        "Output": _both(step),
        "OutputS3BucketName": invocation.command.bucket,
        "OutputS3KeyPrefix": invocation.key_prefix if invocation.command.bucket else "",
        **_urls(invocation, step),
    }
    times = {"ResponseStartDateTime": step.started, "ResponseFinishDateTime": step.ended}
    return {**shape, **{name: time for name, time in times.items() if time}}


def result_shape(invocation: Invocation, step: StepState) -> dict[str, Any]:
    """GetCommandInvocation's."""
    command = invocation.command
    return {
        "CommandId": command.id,
        "InstanceId": invocation.instance_id,
        "Comment": command.comment,
        "DocumentName": command.document_name,
        "DocumentVersion": command.document_version,
        "PluginName": step.name,
        "ResponseCode": step.code,
        "ExecutionStartDateTime": _iso(step.started),
        "ExecutionElapsedTime": _elapsed(step),
        "ExecutionEndDateTime": _iso(step.ended),
        "Status": step.status,
        "StatusDetails": step.details,
        "StandardOutputContent": step.stdout[:LONGEST_STDOUT],
        "StandardErrorContent": step.stderr[:LONGEST_STDERR],
        **_urls(invocation, step),
    }


def _both(step: StepState) -> str:
    """The two outputs in one, cut: all that a listing shows."""
    text = step.stdout + (f"\n----------ERROR-------\n{step.stderr}" if step.stderr else "")
    return text[:LONGEST_LISTED]


def _urls(invocation: Invocation, step: StepState) -> dict[str, str]:
    if not invocation.command.bucket:
        return {"StandardOutputUrl": "", "StandardErrorUrl": ""}
    base = f"https://s3.amazonaws.com/{invocation.command.bucket}/{invocation.key_prefix}/{step.name}"
    return {"StandardOutputUrl": f"{base}/stdout", "StandardErrorUrl": f"{base}/stderr"}


def _iso(time: datetime | None) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z" if time else ""


def _elapsed(step: StepState) -> str:
    if not step.started or not step.ended:
        return ""
    return f"PT{(step.ended - step.started).total_seconds():.3f}S"
