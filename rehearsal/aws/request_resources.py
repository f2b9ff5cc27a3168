"""Which resource a request is about, as an ARN: what a policy's `Resource` is compared with.

moto compares with `*` in every service but S3, so that a statement for one log group permits nothing and a
statement for all permits everything. What is not listed here stays `*`, which only a `*` permits.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from moto.autoscaling.models import FakeAutoScalingGroup, autoscaling_backends
from moto.cloudformation.models import cloudformation_backends


@dataclass
class Where:
    """The account and region a request goes to."""

    partition: str
    account: str
    region: str

    def arn(self, service: str, resource: str, account: str | None = None) -> str:
        return f"arn:{self.partition}:{service}:{self.region}:{account or self.account}:{resource}"


def parameters_of(body: bytes | str, data: dict[str, Any]) -> dict[str, Any]:
    """A request's parameters, from its JSON or its form."""
    text = body.decode(errors="replace") if isinstance(body, bytes) else body or ""
    if text.lstrip().startswith("{"):
        return json.loads(text)
    return {name: values[0] for name, values in parse_qs(text).items()} or {
        name: value[0] if isinstance(value, list) else value for name, value in data.items()
    }


def resources_of(action: str, parameters: dict[str, Any], where: Where) -> list[str]:
    """The ARNs; all of them must be permitted."""
    service = action.split(":")[0]
    found = _BY_SERVICE[service](action, parameters, where) if service in _BY_SERVICE else []
    return found or ["*"]


def tags_of(action: str, parameters: dict[str, Any], where: Where) -> dict[str, str]:
    """The resource's tags as condition keys."""
    if not action.startswith("autoscaling:"):
        return {}
    tags = [tag for group in _groups(parameters, where) for tag in group.tags]
    prefixes = ("aws:ResourceTag", "autoscaling:ResourceTag")
    return {f"{prefix}/{tag['Key']}": tag["Value"] for prefix in prefixes for tag in tags}


def _logs(action: str, parameters: dict[str, Any], where: Where) -> list[str]:
    group = parameters.get("logGroupName") or parameters.get("logGroupIdentifier")
    if not group:
        return []
    if group.startswith("arn:"):
        return [group]
    # The service compares with a stream's ARN even where none is named, as its error messages show.
    stream = parameters.get("logStreamName", "")
    return [where.arn("logs", f"log-group:{group}:log-stream:{stream}")]


def _cloudformation(action: str, parameters: dict[str, Any], where: Where) -> list[str]:
    name = parameters.get("StackName")
    if not name:
        return []
    for stack in cloudformation_backends[where.account][where.region].stacks.values():
        if name in (stack.name, stack.stack_id):
            return [stack.stack_id]
    return [name if name.startswith("arn:") else where.arn("cloudformation", f"stack/{name}/*")]


def _ssm(action: str, parameters: dict[str, Any], where: Where) -> list[str]:
    if "Parameter" not in action:
        return []
    names = parameters.get("Names") or [parameters.get("Name") or parameters.get("Path")]
    # AWS's own parameters belong to no account.
    return [
        where.arn("ssm", f"parameter/{name.lstrip('/')}").replace(
            where.account, "" if name.startswith("/aws/") else where.account
        )
        for name in names
        if name
    ]


def _ecr(action: str, parameters: dict[str, Any], where: Where) -> list[str]:
    names = [parameters[key] for key in ("repositoryName",) if key in parameters]
    names += parameters.get("repositoryNames") or []
    return [where.arn("ecr", f"repository/{name}", parameters.get("registryId")) for name in names]


def _autoscaling(action: str, parameters: dict[str, Any], where: Where) -> list[str]:
    return [] if ":Describe" in action else [group.arn for group in _groups(parameters, where)]


def _groups(parameters: dict[str, Any], where: Where) -> list[FakeAutoScalingGroup]:
    name, instance = parameters.get("AutoScalingGroupName"), parameters.get("InstanceId")
    groups = autoscaling_backends[where.account][where.region].autoscaling_groups.values()
    return [
        group
        for group in groups
        if group.name == name or any(state.instance.id == instance for state in group.instance_states)
    ]


def _sts(action: str, parameters: dict[str, Any], where: Where) -> list[str]:
    return [parameters["RoleArn"]] if "RoleArn" in parameters else []


_BY_SERVICE: dict[str, Callable[[str, dict[str, Any], Where], list[str]]] = {
    "autoscaling": _autoscaling,
    "cloudformation": _cloudformation,
    "ecr": _ecr,
    "logs": _logs,
    "ssm": _ssm,
    "sts": _sts,
}
