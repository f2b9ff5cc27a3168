"""How a stack's resources are made, changed and removed.

moto makes resources lazily, lets an exception through as HTTP 500 with half a stack left behind, decides
by the template's text what changed (so a new launch template version never reaches its group), removes
before it adds, and writes no resource events. CloudFormation goes through the resources in dependency
order, compares evaluated properties, undoes everything when one fails, and removes what is superseded
only after the rest has succeeded.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from moto.cloudformation import parsing
from moto.cloudformation.models import Stack

from .dependencies import in_dependency_order
from .events import failure_reason, resource_event
from .resources import Definition, Made, delete, make, tag, update_in_place

RUNNING: ContextVar[Provisioning] = ContextVar("provisioning")


class ResourceFailed(Exception):
    """A resource could not be made, changed or removed; its FAILED event is written."""

    def __init__(self, logical_id: str):
        super().__init__(logical_id)
        self.logical_id = logical_id


@dataclass
class Provisioning:
    """One pass over a stack's resources."""

    stack: Stack

    def __post_init__(self) -> None:
        self.undo: list[Callable[[], None]] = []
        self.superseded: list[Made] = []
        self.current: Made | None = None

    @property
    def made(self) -> dict[str, Made]:
        return self.stack.__dict__.setdefault("made", {})

    @property
    def map(self) -> parsing.ResourceMap:
        return self.stack.resource_map

    def converge(self) -> None:
        """Make and change what the template asks for, and set aside what it no longer has."""
        definitions = {
            logical_id: definition
            for logical_id, definition in self.map._resource_json_map.items()
            if "Condition" not in definition or self.map.lazy_condition_map[definition["Condition"]]
        }
        for logical_id in in_dependency_order(definitions):
            self._converge(logical_id, definitions[logical_id])
        for logical_id in [known for known in self.made if known not in definitions]:
            self._set_aside(logical_id)

    def _converge(self, logical_id: str, raw: dict[str, Any]) -> None:
        made = self.made.get(logical_id)
        verb = "UPDATE" if made else "CREATE"
        with self._reporting(logical_id, raw["Type"], verb):
            wanted = Definition.of(raw, self.map)
            if made is None:
                self._create(logical_id, wanted)
            elif made.definition.type != wanted.type:
                raise ValueError("Update of resource type is not permitted.")
            elif made.definition.properties != wanted.properties:
                self._update(made, wanted)
            else:
                made.definition = wanted

    def _create(self, logical_id: str, wanted: Definition) -> Made:
        resource_event(self.stack, logical_id, wanted.type, "CREATE_IN_PROGRESS")
        made = make(logical_id, wanted, self.map)
        self._keep(made)
        self.undo.append(lambda: self._remove(made, creating=True))
        tag(made, self.map)
        resource_event(self.stack, logical_id, wanted.type, "CREATE_COMPLETE", made.physical_id)
        return made

    def _update(self, made: Made, wanted: Definition) -> None:
        logical_id, before = made.logical_id, made.definition
        resource_event(self.stack, logical_id, wanted.type, "UPDATE_IN_PROGRESS", made.physical_id)
        if made.replaced_by(wanted):
            self.note(
                made,
                "Requested update requires the creation of a new physical resource; hence creating one.",
            )
            replacement = make(logical_id, wanted, self.map)
            self.superseded.append(made)
            self._keep(replacement)
            self.undo.append(lambda: self._restore(made, replacement))
            tag(replacement, self.map)
            made = replacement
        else:
            self.undo.append(lambda: self._change(made, before))
            self._change(made, wanted)
        resource_event(self.stack, logical_id, wanted.type, "UPDATE_COMPLETE", made.physical_id)

    def _change(self, made: Made, wanted: Definition) -> None:
        token, self.current = RUNNING.set(self), made
        made.update_policy = wanted.policies["UpdatePolicy"]
        try:
            update_in_place(made, wanted, self.map)
        finally:
            RUNNING.reset(token)
        self._keep(made)
        tag(made, self.map)

    def _restore(self, made: Made, replacement: Made) -> None:
        self._remove(replacement, creating=True)
        self.superseded.remove(made)
        self._keep(made)

    def _set_aside(self, logical_id: str) -> None:
        made = self.made.pop(logical_id)
        self.superseded.append(made)
        self.undo.append(lambda: (self.superseded.remove(made), self._keep(made)))

    def _keep(self, made: Made) -> None:
        self.made[made.logical_id] = made
        self.map._parsed_resources[made.logical_id] = made.resource

    def note(self, made: Made, reason: str) -> None:
        """An event that says how the change of a resource goes on."""
        definition = made.definition
        resource_event(
            self.stack, made.logical_id, definition.type, "UPDATE_IN_PROGRESS", made.physical_id, reason
        )

    def roll_back(self) -> None:
        """Undo everything, last first."""
        while self.undo:
            self.undo.pop()()

    def clean_up(self) -> None:
        """Remove what was replaced or is gone from the template; a failure is reported and passed over."""
        for made in reversed(self.superseded):
            with contextlib.suppress(ResourceFailed):
                self._remove(made)
        self.superseded = []

    def remove_all(self) -> None:
        """Remove every resource, each before those it needs; go on past a failure, then report it."""
        failed: ResourceFailed | None = None
        for made in [self.made[logical_id] for logical_id in reversed(self._removal_order())]:
            try:
                self._remove(made)
            except ResourceFailed as failure:
                failed = failure
        if failed:
            raise failed

    def _removal_order(self) -> list[str]:
        definitions = self.map._resource_json_map
        known = {logical_id: definitions.get(logical_id, {}) for logical_id in self.made}
        return in_dependency_order(known)

    def _remove(self, made: Made, creating: bool = False) -> None:
        logical_id, kind = made.logical_id, made.definition.type
        if made.definition.retained(creating):
            resource_event(self.stack, logical_id, kind, "DELETE_SKIPPED", made.physical_id)
        else:
            with self._reporting(logical_id, kind, "DELETE", made.physical_id):
                resource_event(self.stack, logical_id, kind, "DELETE_IN_PROGRESS", made.physical_id)
                delete(made, self.map)
                resource_event(self.stack, logical_id, kind, "DELETE_COMPLETE", made.physical_id)
        if self.made.get(logical_id) is made:
            del self.made[logical_id]
            self.map._parsed_resources.pop(logical_id, None)

    @contextlib.contextmanager
    def _reporting(
        self, logical_id: str, kind: str, verb: str, physical_id: str | None = None
    ) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            reason = failure_reason(error)
            resource_event(self.stack, logical_id, kind, f"{verb}_FAILED", physical_id, reason)
            raise ResourceFailed(logical_id) from error
