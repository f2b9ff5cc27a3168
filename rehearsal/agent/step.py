"""One step: a script in a process group of its own, until it ends, its time is over, or it is cancelled.

As the agent's source has it: the script is a file that `sh -c` starts, so that a shebang is honoured; stdin
is /dev/null; a step is over when its output is closed too, so a background process that keeps stdout open
keeps the step going; at the time's end and when cancelled the group gets SIGKILL, and the exit code is 137.
What has left the group lives on, without anyone reading what it writes.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

KILLED = 137
_LOOK_SECONDS = 0.05
_CHUNK = 65_536
# Where the agent starts a script that names no folder.
_WORKING_DIRECTORIES = ("/usr/bin", "/")


@dataclass(frozen=True)
class Ended:
    """How a script ended; `killed` says why it did not end by itself."""

    exit_code: int
    killed: str = ""


def write_script(folder: Path, text: str) -> Path:
    """The script where the agent puts it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "_script.sh"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o700)
    return path


def run_script(
    script: Path,
    output: Path,
    environment: Mapping[str, str],
    timeout_seconds: float,
    cancelled: threading.Event,
    working_directory: str = "",
) -> Ended:
    """Run it, its output kept whole in `output`/stdout and `output`/stderr."""
    output.mkdir(parents=True, exist_ok=True)
    folder = working_directory or next(path for path in _WORKING_DIRECTORIES if Path(path).is_dir())
    try:
        process = subprocess.Popen(
            ["sh", "-c", shlex.quote(str(script))],
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # A group of its own as in the agent; and a session, since a daemon's children have no terminal.
            start_new_session=True,
        )
    except OSError as error:
        (output / "stdout").touch()
        (output / "stderr").write_text(f"failed to run commands: {error}\n")
        return Ended(1)
    stopped, over = threading.Event(), threading.Event()
    readers = [
        threading.Thread(target=_copy, args=(stream, output / name, stopped), daemon=True)
        for stream, name in ((process.stdout, "stdout"), (process.stderr, "stderr"))
    ]
    for reader in readers:
        reader.start()

    def wait() -> None:
        process.wait()
        for reader in readers:
            reader.join()
        over.set()

    threading.Thread(target=wait, daemon=True).start()
    deadline = time.monotonic() + timeout_seconds
    while not over.wait(_LOOK_SECONDS):
        killed = "cancelled" if cancelled.is_set() else "timed out" if time.monotonic() > deadline else ""
        if killed:
            stopped.set()
            _kill_group(process.pid)
            return Ended(KILLED, killed)
    # The agent sees -1 for a script that a signal ended.
    return Ended(process.returncode if process.returncode >= 0 else -1)


def _kill_group(leader: int) -> None:
    # Without anyone in the group, the script has ended and what keeps its output open has left it.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


def _copy(stream, path: Path, stopped: threading.Event) -> None:
    with stream, path.open("wb", buffering=0) as file:
        while chunk := os.read(stream.fileno(), _CHUNK):
            if stopped.is_set():
                return
            file.write(chunk)
