"""Whether this machine has what an optimization needs, before it begins: a server may live beside it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from ..refusal import Refusal

# What a process with TensorFlow and no model holds.
TENSORFLOW_BYTES = 500 << 20
# Copies of the weights while a graph is rewritten: variables, constants, the serialized graph, Grappler's own
# copy, the result, and the loaded result.
COPIES = 6
# On disk: the result (a frozen graph is as large as its weights), and the requests with their answers.
STAGED_COPIES = 1.25
STAGED_BYTES = 32 << 20


def check_memory(model_bytes: int, proc: Path = Path("/proc")) -> None:
    """Raises Refusal where less memory is available than two processes with the model would take.

    The kernel's MemAvailable says what can be had without swapping; where it is not told, nothing is refused.
    """
    found = re.search(r"^MemAvailable:\s+(\d+) kB", _read(proc / "meminfo"), re.MULTILINE)
    needed = TENSORFLOW_BYTES * 2 + model_bytes * COPIES
    if found and int(found[1]) * 1024 < needed:
        raise Refusal(
            f"Memory: {int(found[1]) >> 10} MiB are available, {-(-needed >> 20)} are needed "
            f"for a model of {-(-model_bytes >> 20)} MiB."
        )


def check_room(base: Path, model_bytes: int) -> None:
    """Raises Refusal where the file system of `base` has no room for the result."""
    free = shutil.disk_usage(base).free
    needed = int(model_bytes * STAGED_COPIES) + STAGED_BYTES
    if free < needed:
        raise Refusal(
            f"--output: the file system of {base} has {free >> 20} MiB free, {-(-needed >> 20)} are needed."
        )


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
