"""What tells of commands and nodes, and ends a command.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ListCommandInvocations.html
"""

from __future__ import annotations

import re
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.ec2.models.instances import Instance
from moto.ssm.exceptions import SSMException
from moto.ssm.responses import SimpleSystemManagerResponse

from ...agent.execution import CURRENT_VERSION
from ...agent.refusal import choices
from ..bridge import extends, replaces
from .invocation import Command, Invocation
from .nodes import Node, run_command, tags
from .paging import page
from .shapes import command_shape, invocation_shape, result_shape

Response = SimpleSystemManagerResponse
_NODE_FILTERS = ("InstanceIds", "PingStatus", "AgentVersion", "PlatformTypes", "ResourceType")


@replaces(Response, "list_commands")
def list_commands(self: Response) -> ActionResult:
    found = [command_shape(command) for command in _commands(self)]
    statuses = [each["value"] for each in self._get_param("Filters") or [] if each["key"] == "Status"]
    items, token = page(self, [shape for shape in found if not statuses or shape["Status"] in statuses])
    return ActionResult({"Commands": items, "NextToken": token})


@extends(Response, "list_command_invocations")
def list_command_invocations(self: Response) -> ActionResult:
    instance, with_steps = self._get_param("InstanceId"), bool(self._get_param("Details"))
    found = [
        invocation
        for command in _commands(self)
        for invocation in command.invocations()
        if instance in (None, invocation.instance_id)
    ]
    items, token = page(self, found)
    shapes = [invocation_shape(invocation, with_steps) for invocation in items]
    return ActionResult({"CommandInvocations": shapes, "NextToken": token})


@replaces(Response, "get_command_invocation")
def get_command_invocation(self: Response) -> ActionResult:
    invocation = _invocation(_command(self), self._get_param("InstanceId"))
    names, wanted = [step.name for step in invocation.steps], self._get_param("PluginName")
    if wanted not in names and (wanted or len(names) > 1):
        raise SSMException(
            "InvalidPluginName", f"PluginName must be {choices(names)}, got {wanted or 'nothing'}"
        )
    return ActionResult(result_shape(invocation, invocation.steps[names.index(wanted) if wanted else 0]))


@extends(Response, "cancel_command")
def cancel_command(self: Response) -> EmptyResult:
    """Asks for it: what runs is Cancelling until its agent has ended it."""
    command, wanted = _command(self), self._get_param("InstanceIds") or []
    for instance in wanted:
        if instance not in command.instance_ids:
            raise SSMException("InvalidInstanceId", f"The command was not sent to {instance}.")
    with run_command(self.ssm_backend).lock:
        for invocation in command._invocations:
            if not wanted or invocation.instance_id in wanted:
                invocation.cancel()
    return EmptyResult()


@extends(Response, "describe_instance_information")
def describe_instance_information(self: Response) -> ActionResult:
    filters = [(each["Key"], each["Values"]) for each in self._get_param("Filters") or []]
    filters += [
        (each["key"], each["valueSet"]) for each in self._get_param("InstanceInformationFilterList") or []
    ]
    for key, values in filters:
        if key not in _NODE_FILTERS and not key.startswith("tag:"):
            raise SSMException(
                "InvalidFilterKey", f"allowed are {choices(_NODE_FILTERS)} and tag:NAME, got {key}"
            )
        if key == "InstanceIds" and not all(re.fullmatch(r"m?i-[0-9a-f]{8,20}", value) for value in values):
            raise SSMException("InvalidInstanceInformationFilterValue", f"no instance ids: {values}")
    nodes = run_command(self.ssm_backend).nodes()
    found = [_node_shape(node, instance) for node, instance in nodes if _fits(node, instance, filters)]
    items, token = page(self, found, default=10)
    return ActionResult({"InstanceInformationList": items, "NextToken": token})


def _fits(node: Node, instance: Instance, filters: list[tuple[str, list[str]]]) -> bool:
    shape = {**_node_shape(node, instance), "InstanceIds": node.instance_id, "PlatformTypes": "Linux"}
    held = tags(instance)
    return all(
        (held.get(key[4:]) if key.startswith("tag:") else shape[key]) in values for key, values in filters
    )


def _node_shape(node: Node, instance: Instance) -> dict[str, Any]:
    return {
        "InstanceId": node.instance_id,
        "PingStatus": node.ping,
        "LastPingDateTime": node.heard,
        "AgentVersion": node.version,
        "IsLatestVersion": node.version == CURRENT_VERSION,
        "PlatformType": "Linux",
        "PlatformName": "Amazon Linux",
        "PlatformVersion": "2023",
        "ResourceType": "EC2Instance",
        "IPAddress": instance.private_ip,
        "ComputerName": instance.private_dns_name,
        "SourceId": node.instance_id,
        "SourceType": "AWS::EC2::Instance",
    }


def _commands(response: Response) -> list[Command]:
    """The newest first."""
    if response._get_param("CommandId"):
        return [_command(response)]
    instance = response._get_param("InstanceId")
    commands = reversed(run_command(response.ssm_backend).commands)
    return [command for command in commands if instance is None or instance in command.instance_ids]


def _command(response: Response) -> Command:
    wanted = response._get_param("CommandId")
    for command in run_command(response.ssm_backend).commands:
        if command.id == wanted:
            return command
    raise SSMException("InvalidCommandId", f"There is no command {wanted}.")


def _invocation(command: Command, instance: str) -> Invocation:
    for invocation in command.invocations():
        if invocation.instance_id == instance:
            return invocation
    raise SSMException("InvocationDoesNotExist", "")
