"""Instances with an agent, and commands for them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aws_templates import role, server
from embedded_aws import EmbeddedAws, Stack, start, stop

CORE = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"


def step(name: str, *lines: str, **inputs: Any) -> dict[str, Any]:
    return {"action": "aws:runShellScript", "name": name, "inputs": {"runCommand": list(lines), **inputs}}


def make_document(aws: EmbeddedAws, name: str, *steps: dict[str, Any], **arguments: Any) -> dict[str, Any]:
    """A Command document as DescribeDocument has it."""
    parameters = arguments.pop("parameters", {})
    content = {"schemaVersion": "2.2", "parameters": parameters, "mainSteps": list(steps)}
    tags = [{"Key": key, "Value": value} for key, value in arguments.pop("tags", {}).items()]
    aws.client("ssm").create_document(
        Name=name, Content=json.dumps(content), DocumentType="Command", Tags=tags, **arguments
    )
    return aws.client("ssm").describe_document(Name=name)["Document"]


def make_server(aws: EmbeddedAws, *statements: dict[str, Any], tags: dict[str, str] | None = None) -> Stack:
    """A group of one whose role an agent can work with."""
    resources = server()
    resources["Role"] = role(*statements, ManagedPolicyArns=[CORE])
    resources["Group"]["Properties"]["Tags"] = [
        {"Key": key, "Value": value, "PropagateAtLaunch": True} for key, value in (tags or {}).items()
    ]
    stack = aws.create(resources)
    assert stack.status == "CREATE_COMPLETE", stack.events
    return stack


@contextmanager
def agent(aws: EmbeddedAws, instance: str, folder: Path, *arguments: str) -> Iterator[None]:
    """The agent of an instance, online, with the credentials of its role."""
    service, ready = start("rehearsal.aws.imds", "--endpoint", aws.endpoint, "--instance-id", instance)
    serve = ("serve", "--endpoint", aws.endpoint, "--instance", instance, "--output", str(folder))
    environment = {"AWS_EC2_METADATA_SERVICE_ENDPOINT": ready["endpoint"], "AWS_CONFIG_FILE": "/dev/null"}
    try:
        process, online = start("rehearsal.agent", *serve, *arguments, environment=environment)
        assert online["online"] == instance
        yield
        assert stop(process) == 0
    finally:
        stop(service)


def until(look: Callable[[], Any], seconds: float = 15) -> Any:
    """What `look` finds, once it finds something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError("nothing came of it in time")


def ended(ssm: Any, command: str) -> dict[str, Any]:
    """The command's one invocation, with its steps, when it has ended."""

    def look() -> dict[str, Any] | None:
        listed = ssm.list_command_invocations(CommandId=command, Details=True)["CommandInvocations"]
        done = listed and listed[0]["Status"] in ("Success", "Failed", "TimedOut", "Cancelled")
        return listed[0] if done else None

    return until(look)
