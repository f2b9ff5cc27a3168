"""Managed nodes: the instances whose agent has been heard of, and what is kept of a region's commands."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moto.core.utils import utcnow
from moto.ec2.models.instances import Instance
from moto.ssm.models import SimpleSystemManagerBackend

from ..instance_metadata import find_instance
from .invocation import Command

# An agent asks several times a second. AWS takes minutes to notice that one is gone.
LOST_AFTER_SECONDS = 5.0


@dataclass
class Node:
    """An instance's agent."""

    instance_id: str
    version: str
    registered: datetime = field(default_factory=utcnow)
    heard: datetime = field(default_factory=utcnow)
    _heard: float = 0.0

    def hear(self, version: str) -> None:
        self.version, self.heard, self._heard = version, utcnow(), time.monotonic()

    def leave(self) -> None:
        self._heard = 0.0

    @property
    def ping(self) -> str:
        is_online = self._heard and time.monotonic() - self._heard < LOST_AFTER_SECONDS
        return "Online" if is_online else "ConnectionLost"


class RunCommand:
    """A region's nodes and commands."""

    def __init__(self, account: str, region: str):
        self.account, self.region = account, region
        self.lock = threading.RLock()
        self.commands: list[Command] = []
        self._nodes: dict[str, Node] = {}

    def hear(self, instance_id: str, version: str) -> Node:
        node = self._nodes.setdefault(instance_id, Node(instance_id, version))
        node.hear(version)
        return node

    def node(self, instance_id: str) -> Node | None:
        return next((node for node, _ in self.nodes() if node.instance_id == instance_id), None)

    def nodes(self) -> list[tuple[Node, Instance]]:
        """Those whose instance runs; a terminated one is no longer managed."""
        found = [(node, find_instance(self.account, node.instance_id)) for node in self._nodes.values()]
        return [(node, instance) for node, instance in found if instance and instance.state == "running"]

    def tagged(self, key: str, values: list[str]) -> list[str]:
        return [node.instance_id for node, instance in self.nodes() if tags(instance).get(key) in values]


def tags(instance: Instance) -> dict[str, str]:
    return {tag["key"]: tag["value"] for tag in instance.get_tags()}


_making = threading.Lock()


def run_command(backend: SimpleSystemManagerBackend) -> RunCommand:
    """What belongs to this backend; moto's reset forgets it with the rest."""
    with _making:
        held: dict[str, Any] = backend.__dict__
        if "_run_command" not in held:
            held["_run_command"] = RunCommand(backend.account_id, backend.region_name)
        return held["_run_command"]
