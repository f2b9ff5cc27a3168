"""A command, and what became of it on each instance.

https://docs.aws.amazon.com/systems-manager/latest/userguide/monitor-commands.html
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from moto.core.utils import utcnow

from ...agent.execution import PLUGIN_FOLDER

TERMINAL = ("Success", "Failed", "TimedOut", "Cancelled")
# AWS works out the targets after it has answered; until then there is no invocation.
UNTIL_INVOKED = timedelta(seconds=0.3)
_WORST_FIRST = ("Failed", "TimedOut", "Cancelled")


@dataclass
class StepState:
    """A step on one instance; the output is what the agent sends, its first 24,000 characters."""

    name: str
    status: str = "Pending"
    details: str = "Pending"
    code: int = -1
    stdout: str = ""
    stderr: str = ""
    started: datetime | None = None
    ended: datetime | None = None

    def report(self, given: dict[str, Any]) -> None:
        """Take over what the agent says; the service has no word for a step that was skipped but Success."""
        status = given["status"]
        self.status = "Success" if status == "Skipped" else status
        self.details = "ExecutionTimedOut" if status == "TimedOut" else self.status
        self.started = self.started or utcnow()
        if status in (*TERMINAL, "Skipped"):
            self.code, self.ended = given.get("exitCode", 0), utcnow()
            self.stdout, self.stderr = given.get("stdout", ""), given.get("stderr", "")


@dataclass
class Invocation:
    """A command on one instance."""

    command: Command
    instance_id: str
    steps: list[StepState]
    status: str = "Pending"
    details: str = "Pending"

    def settle(self, now: datetime) -> None:
        """What no agent has fetched in time is not delivered any more."""
        if self.status == "Pending" and now > self.command.expires:
            self.end("TimedOut", "DeliveryTimedOut")

    def deliver(self) -> None:
        self.status = self.details = "InProgress"

    def cancel(self) -> None:
        if self.status == "Pending":
            self.end("Cancelled", "Cancelled")
        elif self.status == "InProgress":
            self.status = self.details = "Cancelling"

    def end(self, status: str, details: str) -> None:
        self.status, self.details = status, details
        for step in self.steps:
            if step.status not in TERMINAL:
                step.status, step.details = status, details

    def report(self, given: dict[str, Any]) -> None:
        """Take over what the agent says of a step, or of the whole."""
        if self.status in TERMINAL:
            return
        for reported in given.get("steps", []):
            next(step for step in self.steps if step.name == reported["name"]).report(reported)
        if given.get("status") in TERMINAL:
            self.end(
                given["status"], "ExecutionTimedOut" if given["status"] == "TimedOut" else given["status"]
            )

    @property
    def key_prefix(self) -> str:
        """Where in the bucket the steps' folders are."""
        parts = (self.command.key_prefix, self.command.id, self.instance_id, PLUGIN_FOLDER)
        return "/".join(part for part in parts if part)


@dataclass
class Command:
    """What SendCommand was asked for."""

    document_name: str
    document_version: str
    content: str
    step_names: list[str]
    parameters: dict[str, list[str]]
    instance_ids: list[str]
    targets: list[dict[str, Any]]
    comment: str = ""
    timeout_seconds: int = 3600
    bucket: str = ""
    key_prefix: str = ""
    max_concurrency: str = "50"
    max_errors: str = "0"
    requested: datetime = field(default_factory=utcnow)

    def __post_init__(self) -> None:
        self.id = str(uuid.uuid4())
        self.expires = self.requested + timedelta(seconds=self.timeout_seconds)
        self._invocations = [
            Invocation(self, instance, [StepState(name) for name in self.step_names])
            for instance in self.instance_ids
        ]

    def invocations(self, now: datetime | None = None) -> list[Invocation]:
        """One an instance, as they stand."""
        now = now or utcnow()
        if now - self.requested < UNTIL_INVOKED:
            return []
        for invocation in self._invocations:
            invocation.settle(now)
        return self._invocations

    def status(self, now: datetime | None = None) -> tuple[str, str]:
        """Status and its details."""
        if not self._invocations:
            return "Success", "NoInstancesInTag"
        invocations = self.invocations(now)
        known = {invocation.status for invocation in invocations}
        if known <= {"Pending"}:
            return "Pending", "Pending"
        if not known <= set(TERMINAL):
            running = "Cancelling" if "Cancelling" in known else "InProgress"
            return running, running
        worst = next((status for status in _WORST_FIRST if status in known), "Success")
        return worst, next(each.details for each in invocations if each.status == worst)
