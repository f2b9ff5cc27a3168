"""The version folders under the model's base path.

Follows tensorflow_serving/sources/storage_path/file_system_storage_path_source.cc.
"""

from __future__ import annotations

from pathlib import Path

_MAX_VERSION = 2**63 - 1


def versions(base_path: Path) -> dict[int, Path]:
    """Folders whose name is a number. Raises OSError when the base path cannot be read."""
    found = {}
    for child in sorted(base_path.iterdir()):
        name = child.name
        if name.isascii() and name.isdigit() and int(name) <= _MAX_VERSION and child.is_dir():
            found[int(name)] = child
    return found


def stamp(version_path: Path) -> tuple:
    """Changes when a version's files are put in place anew: one that failed to load is then tried again."""
    stamps = []
    for path in (version_path, version_path / "saved_model.pb", version_path / "variables"):
        try:
            status = path.stat()
        except OSError:
            continue
        stamps.append((path.name, status.st_ino, status.st_mtime_ns))
    return tuple(stamps)
