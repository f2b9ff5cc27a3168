"""A process of ours that tells us things by lines: read until it is gone, ended with all it started.

A read of a pipe alone may never return. What the process has started can hold the pipe open after it; and a
signal that arrives just before the read is noticed only after it. So every wait here is short, and is
followed by a look at both.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import time
from pathlib import Path
from typing import IO, Any

from .cancellation import shielded

_LOOK_SECONDS = 1.0
# From the end of its lines to its own: nothing is left to do but to go.
_END_SECONDS = 30.0
_PR_SET_PDEATHSIG = 1

_ROOT = Path(__file__).resolve().parents[1]

_libc = ctypes.CDLL(None)


def python_environment() -> dict[str, str]:
    """Our variables for a Python process of this package: with it, and with the wheel runtime's messages."""
    path = [str(_ROOT), str(_ROOT / "userdata" / "wheel"), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, path))}


class Lines:
    """Iterator: the lines, with their ends, of what a process writes into a pipe that nobody else reads.

    Ends when the pipe does, or when the process has ended and all that it wrote is read.
    """

    def __init__(self, process: subprocess.Popen[Any], pipe: IO[bytes]) -> None:
        self._process = process
        self._descriptor = pipe.fileno()
        self._poll = select.poll()
        self._poll.register(self._descriptor, select.POLLIN)
        self._received = b""

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> bytes:
        chunks = [self._received]
        while b"\n" not in chunks[-1]:
            chunks.append(self._read())
            if not chunks[-1]:
                # Half a line is none: it died in the middle of it.
                raise StopIteration
        line, end, self._received = b"".join(chunks).partition(b"\n")
        return line + end

    def _read(self) -> bytes:
        while True:
            # Looked at first: what it wrote before its end is in the pipe by then.
            ended = has_ended(self._process)
            if self._poll.poll(0 if ended else _LOOK_SECONDS * 1e3):
                return os.read(self._descriptor, 1 << 16)
            if ended:
                return b""


def has_ended(process: subprocess.Popen[Any]) -> bool:
    """Leaves it a zombie: while it is one, nobody else gets its number, by which its group is killed."""
    if process.returncode is not None:
        return True
    try:
        found = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return True
    return found is not None


def exit_code(process: subprocess.Popen[Any]) -> int:
    """Of a process whose lines have ended; one that stays nevertheless is killed."""
    end = time.monotonic() + _END_SECONDS
    while not has_ended(process) and time.monotonic() < end:
        time.sleep(0.01)
    kill(process)
    return process.returncode


def kill(process: subprocess.Popen[Any]) -> None:
    """With all it has started; it must be the leader of a session. Does nothing for one that is gone."""
    with shielded():
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def end_of(what: str, code: int) -> str:
    """The sentence for a process that ended before it had said what it should. what: "The process that …"."""
    if code == -signal.SIGKILL:
        return f"{what} was killed: this machine may be out of memory."
    how = f"by {signal.Signals(-code).name}" if code < 0 else f"with code {code}"
    return f"{what} ended {how}; standard error says more."


def end_with(parent: int, number: signal.Signals = signal.SIGKILL) -> None:
    """Said by the child: the kernel ends it when its parent is gone, even by SIGKILL."""
    _libc.prctl(_PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:  # it ended before the kernel knew
        os._exit(1)
