"""What an instance's agent asks and tells, under `/embedded-aws/agents/`.

| request | does |
|---|---|
| `POST ID` with `{"version"}`, perhaps `"leaving": true` | registers the agent or keeps it online; answers the commands to start and to cancel |
| `POST ID/commands/COMMAND` with `{"steps": [{"name", "status", …}], "status"}` | what became of steps and command |

The real agent speaks ssm, ec2messages and ssmmessages with the credentials of the instance's role. With
authorization on, a role that may not is refused here too: without AmazonSSMManagedInstanceCore no instance
ever comes online.
"""  # noqa: E501

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from moto.ec2.models.instances import Instance
from moto.ssm.models import ssm_backends

from ..authorization import instance_may, switched_on
from ..instance_metadata import find_instance
from .nodes import RunCommand, run_command

# Of AmazonSSMManagedInstanceCore's: registering, and both ways in which a command arrives.
NEEDED = ("ssm:UpdateInstanceInformation", "ssmmessages:OpenControlChannel", "ec2messages:GetMessages")


def ask(account: str, instance_id: str, given: dict[str, Any]) -> tuple[HTTPStatus, Any]:
    """The agent's regular question."""
    instance = find_instance(account, instance_id)
    if instance is None or instance.state != "running":
        return HTTPStatus.GONE, {"message": f"no running instance {instance_id}"}
    refused = _refused(account, instance)
    if refused:
        return HTTPStatus.FORBIDDEN, {"message": refused}
    held = run_command(ssm_backends[account][instance.region_name])
    with held.lock:
        node = held.hear(instance_id, str(given.get("version", "")))
        if given.get("leaving"):
            node.leave()
            return HTTPStatus.OK, {"region": held.region, "start": [], "cancel": []}
        return HTTPStatus.OK, {"region": held.region, **_work(held, instance_id)}


def tell(account: str, instance_id: str, command_id: str, given: dict[str, Any]) -> tuple[HTTPStatus, Any]:
    """The agent's report."""
    instance = find_instance(account, instance_id)
    if instance is None:
        return HTTPStatus.GONE, {"message": f"no instance {instance_id}"}
    held = run_command(ssm_backends[account][instance.region_name])
    with held.lock:
        for command in held.commands:
            for invocation in command.invocations():
                if (command.id, invocation.instance_id) == (command_id, instance_id):
                    invocation.report(given)
                    return HTTPStatus.OK, {}
    return HTTPStatus.NOT_FOUND, {"message": f"no command {command_id} for {instance_id}"}


def _work(held: RunCommand, instance_id: str) -> dict[str, Any]:
    start, cancel = [], []
    for command in held.commands:
        for invocation in command.invocations():
            if invocation.instance_id != instance_id:
                continue
            if invocation.status == "Pending":
                invocation.deliver()
                start.append(
                    {
                        "commandId": command.id,
                        "document": command.content,
                        "parameters": command.parameters,
                        "bucket": command.bucket,
                        "keyPrefix": invocation.key_prefix,
                    }
                )
            elif invocation.status == "Cancelling":
                cancel.append(command.id)
    return {"start": start, "cancel": cancel}


def _refused(account: str, instance: Instance) -> str:
    missing = [action for action in NEEDED if switched_on() and not instance_may(account, instance, action)]
    return f"the role of {instance.id} may not call {', '.join(missing)}" if missing else ""
