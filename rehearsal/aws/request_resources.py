"""Which resource a request is about, as an ARN: what a policy's `Resource` is compared with.

moto compares with `*` in every service but S3, so that a statement for one log group permits nothing and a
statement for all permits everything. What is not listed here stays `*`, which only a `*` permits.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlparse
from xml.etree import ElementTree

from moto.autoscaling.models import FakeAutoScalingGroup, autoscaling_backends
from moto.cloudformation.models import cloudformation_backends

from .run_command.resources import ssm_documents, tags_of

Context = dict[str, str | list[str]]


@dataclass
class Where:
    """The account and region a request goes to."""

    partition: str
    account: str
    region: str

    def arn(self, service: str, resource: str, account: str | None = None) -> str:
        return f"arn:{self.partition}:{service}:{self.region}:{account or self.account}:{resource}"


@dataclass
class Call:
    """A request as it came, its parameters taken from JSON or a form."""

    action: str
    path: str
    body: str
    where: Where
    parameters: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.body.lstrip().startswith("{"):
            self.parameters = json.loads(self.body)
        elif not self.body.lstrip().startswith("<"):
            self.parameters = {name: values[0] for name, values in parse_qs(self.body).items()}

    @property
    def service(self) -> str:
        return self.action.split(":")[0]


def resources_of(call: Call) -> list[str]:
    """The ARNs; all of them must be permitted."""
    found = _BY_SERVICE[call.service](call) if call.service in _BY_SERVICE else []
    return found or ["*"]


def conditions_of(call: Call, resource: str) -> Context:
    """The condition keys that the request and this resource of it bring along."""
    return _CONDITIONS[call.service](call, resource) if call.service in _CONDITIONS else {}


def _logs(call: Call) -> list[str]:
    group = call.parameters.get("logGroupName") or call.parameters.get("logGroupIdentifier")
    if not group:
        return []
    if group.startswith("arn:"):
        return [group]
    # The service compares with a stream's ARN even where none is named, as its error messages show.
    stream = call.parameters.get("logStreamName", "")
    return [call.where.arn("logs", f"log-group:{group}:log-stream:{stream}")]


def _cloudformation(call: Call) -> list[str]:
    name, where = call.parameters.get("StackName"), call.where
    if not name:
        return []
    for stack in cloudformation_backends[where.account][where.region].stacks.values():
        if name in (stack.name, stack.stack_id):
            return [stack.stack_id]
    return [name if name.startswith("arn:") else where.arn("cloudformation", f"stack/{name}/*")]


def _ssm(call: Call) -> list[str]:
    if "Parameter" not in call.action:
        return ssm_documents(call.action, call.parameters, call.where)
    given, where = call.parameters, call.where
    names = given.get("Names") or [given.get("Name") or given.get("Path")]
    # AWS's own parameters belong to no account.
    return [
        where.arn("ssm", f"parameter/{name.lstrip('/')}").replace(
            where.account, "" if name.startswith("/aws/") else where.account
        )
        for name in names
        if name
    ]


def _ecr(call: Call) -> list[str]:
    names = call.parameters.get("repositoryNames") or [call.parameters.get("repositoryName")]
    registry = call.parameters.get("registryId")
    return [call.where.arn("ecr", f"repository/{name}", registry) for name in names if name]


def _autoscaling(call: Call) -> list[str]:
    return [] if ":Describe" in call.action else [group.arn for group in _groups(call)]


def _group_tags(call: Call, _: str) -> Context:
    tags = [tag for group in _groups(call) for tag in group.tags]
    prefixes = ("aws:ResourceTag", "autoscaling:ResourceTag")
    return {f"{prefix}/{tag['Key']}": tag["Value"] for prefix in prefixes for tag in tags}


def _groups(call: Call) -> list[FakeAutoScalingGroup]:
    name, instance = call.parameters.get("AutoScalingGroupName"), call.parameters.get("InstanceId")
    groups = autoscaling_backends[call.where.account][call.where.region].autoscaling_groups.values()
    return [
        group
        for group in groups
        if group.name == name or any(state.instance.id == instance for state in group.instance_states)
    ]


def _route53(call: Call) -> list[str]:
    found = re.search(r"/(hostedzone|change|healthcheck)/([^/?]+)", call.path)
    return [f"arn:{call.where.partition}:route53:::{found[1]}/{found[2]}"] if found else []


def _record_changes(call: Call, _: str) -> Context:
    if not call.action.endswith(":ChangeResourceRecordSets"):
        return {}
    root = ElementTree.fromstring(call.body)  # noqa: S314 -- from loopback, and botocore's own

    def texts(parent: str, name: str) -> list[str]:
        return [found.text or "" for found in root.findall(f".//{{*}}{parent}/{{*}}{name}")]

    names = [name.lower().removesuffix(".") for name in texts("ResourceRecordSet", "Name")]
    prefix = "route53:ChangeResourceRecordSets"
    return {
        f"{prefix}NormalizedRecordNames": names,
        f"{prefix}RecordTypes": texts("ResourceRecordSet", "Type"),
        f"{prefix}Actions": texts("Change", "Action"),
    }


def _s3_query(call: Call, _: str) -> Context:
    query = parse_qs(urlparse(call.path).query, keep_blank_values=True)
    return {f"s3:{name}": query[name][0] for name in ("prefix", "delimiter", "max-keys") if name in query}


def copied_from(source: str, partition: str) -> str:
    """The ARN of the object that `x-amz-copy-source` names."""
    return f"arn:{partition}:s3:::{unquote(urlparse(source).path).lstrip('/')}"


def _sts(call: Call) -> list[str]:
    return [call.parameters["RoleArn"]] if "RoleArn" in call.parameters else []


_BY_SERVICE: dict[str, Callable[[Call], list[str]]] = {
    "autoscaling": _autoscaling,
    "cloudformation": _cloudformation,
    "ecr": _ecr,
    "logs": _logs,
    "route53": _route53,
    "ssm": _ssm,
    "sts": _sts,
}
_CONDITIONS: dict[str, Callable[[Call, str], Context]] = {
    "autoscaling": _group_tags,
    "route53": _record_changes,
    "s3": _s3_query,
    "ssm": lambda call, resource: tags_of(resource, call.where),
}
