"""An optimized model becomes the next version: by one rename, or not at all."""

from __future__ import annotations

import contextlib
import errno
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ..cancellation import shielded
from ..refusal import Refusal

NOTE = Path("assets.extra", "graviton-tf-optimized.json")
# TensorFlow Serving reads a version as a signed 64-bit number.
NEWEST_POSSIBLE = 2**63 - 1


def versions(base: Path) -> list[int]:
    """Numbers taken in a base path, in order; by whatever: a rename onto a file fails as well."""
    if not base.is_dir():
        return []
    names = [path.name for path in base.iterdir() if path.name.isascii() and path.name.isdigit()]
    return sorted(int(name) for name in names if int(name) <= NEWEST_POSSIBLE)


def note_of(version: Path) -> dict[str, Any] | None:
    """What optimized versions say of themselves; None for others."""
    try:
        note = json.loads((version / NOTE).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return note if isinstance(note, dict) else None


def write_note(model: Path, origin: int | None, tensorflow: str) -> None:
    """origin: the version that was optimized. Whatever follows a bucket compares it with what is there."""
    note = model / NOTE
    note.parent.mkdir(exist_ok=True)
    at = datetime.now(timezone.utc).isoformat(timespec="seconds")
    text = json.dumps({"schemaVersion": 1, "from": origin, "tensorflow": tensorflow, "at": at})
    note.write_text(text + "\n", "utf-8")


@dataclass(frozen=True)
class Published:
    path: Path
    inode: int

    @property
    def version(self) -> int:
        return int(self.path.name)


def publish(model: Path, base: Path, above: int) -> Published:
    """Renames the folder to the next version of `base`, whose number is greater than `above`.

    Another publisher of the same number wins if it is first; ours then takes the next one.
    """
    _make_durable(model)
    with shielded():
        while True:
            version = max([*versions(base), above]) + 1
            if version > NEWEST_POSSIBLE:
                raise Refusal(f"--output: {base} has version {version - 1}, and there is no higher number.")
            published = Published(base / str(version), model.stat().st_ino)
            try:
                # Fails onto a folder that holds anything, and onto a file.
                model.rename(published.path)
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
                    raise
                continue
            _sync(base)
            return published


def withdraw(published: Published, folder: Path) -> None:
    """Takes a version out of sight, into `folder`, by one rename; its files stay until the folder goes.

    Nothing is done where something else has its name by now: whatever follows a bucket may have been first.
    """
    with shielded(), contextlib.suppress(FileNotFoundError):
        if published.path.stat().st_ino == published.inode:
            published.path.rename(folder / f"withdrawn-{published.version}")
            _sync(published.path.parent)


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files in a folder."""
    return sum(file.lstat().st_size for file in _files(path))


def _make_durable(model: Path) -> None:
    """Readable by the model server's user, and on the disk before the name is: a power cut must not leave a
    version with empty files. Raises OSError where the disk is full by now."""
    for path in [model, *model.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
        _sync(path)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _files(path: Path) -> Iterator[Path]:
    return iter([path]) if path.is_file() else (file for file in path.rglob("*") if file.is_file())
