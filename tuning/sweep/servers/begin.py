"""Becomes a model server that ends with us and is the first to go when memory is short.

    python -I begin.py PARENT COMMAND…

A program of its own: between fork and exec of a process that has threads, Python code may wait for a lock
that a thread held, or gRPC may close what it still needs.
"""

import contextlib
import os
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from tuning import child  # noqa: E402


def main(parent: int, command: list[str]) -> None:
    child.end_with(parent, signal.SIGTERM)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    try:
        os.execvp(command[0], command)  # noqa: S606 - a server is no shell's business
    except OSError as error:
        sys.exit(f"{command[0]} cannot be run: {error.strerror}")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
