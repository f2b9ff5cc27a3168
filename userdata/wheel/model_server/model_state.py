"""The states a version goes through, and how several processes' views of them become one answer.

Follows tensorflow_serving/apis/get_model_status.proto.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import IntEnum


class State(IntEnum):
    START = 10
    LOADING = 20
    AVAILABLE = 30
    UNLOADING = 40
    END = 50


@dataclass(frozen=True)
class VersionState:
    state: State
    error_code: str = "OK"
    error_message: str = ""

    def to_json(self) -> dict:
        return asdict(self)

    @staticmethod
    def from_json(value: Mapping) -> VersionState:
        return VersionState(State(value["state"]), value["error_code"], value["error_message"])


def merge(views: Iterable[Mapping[int, VersionState]]) -> dict[int, VersionState]:
    """A version is AVAILABLE once every process that shares the port answers for it."""
    views = list(views)
    return {
        version: _merge_one([view[version] for view in views if version in view], len(views))
        for version in {version for view in views for version in view}
    }


def _merge_one(states: list[VersionState], processes: int) -> VersionState:
    for candidate in states:
        if candidate.error_code != "OK":
            return candidate
    lowest, highest = min(s.state for s in states), max(s.state for s in states)
    if highest > State.AVAILABLE:
        # On its way out somewhere. A process that started later never knew of it.
        return VersionState(State.END if lowest == State.END else State.UNLOADING)
    if len(states) < processes:
        return VersionState(min(lowest, State.LOADING))
    return VersionState(lowest)
