"""What the processes that share the port tell each other: one small file each, in a folder of their own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from .model_state import State, VersionState


class Peers:
    """folder: None when this process is alone."""

    def __init__(self, folder: Path | None, index: int = 0, processes: int = 1):
        self._files = [folder / f"versions.{i}.json" for i in range(processes)] if folder else []
        self._index = index

    def publish(self, states: Mapping[int, VersionState]) -> None:
        if self._files:
            own = self._files[self._index]
            partial = own.with_suffix(".partial")
            partial.write_text(json.dumps({version: s.to_json() for version, s in states.items()}))
            partial.replace(own)

    def others(self) -> list[dict[int, VersionState]]:
        """Empty views for processes that are still starting."""
        return [_read(file) for i, file in enumerate(self._files) if i != self._index]

    def all_have(self, version: int) -> bool:
        """Every other process answers for the version, or never will."""
        return all(version in view and view[version].state >= State.AVAILABLE for view in self.others())


def has_started(folder: Path, index: int) -> bool:
    """Whether the process has got as far as looking for versions."""
    return (folder / f"versions.{index}.json").exists()


def _read(file: Path) -> dict[int, VersionState]:
    try:
        entries = json.loads(file.read_text())
    except FileNotFoundError:
        return {}
    return {int(version): VersionState.from_json(value) for version, value in entries.items()}
