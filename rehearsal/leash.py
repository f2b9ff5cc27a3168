#!/usr/bin/env python3
"""Holds one command of the rehearsal, so that it never outlives the rehearsal.

    leash.py FOLDER COMMAND [ARG ...]

The rehearsal holds the other end of stdin. The command ends, with everything that it started and however
that hid itself, when stdin is closed (the rehearsal ended, was interrupted or killed), on SIGTERM, when
FOLDER disappears, or when the command itself is done. In all but the last case FOLDER goes too.
A line `end` on stdin ends the command alone and leaves FOLDER to the rest of the rehearsal; a line `keep`
lets go of it: from then on only SIGTERM or the missing folder end it.
"""

import contextlib
import ctypes
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
# Nothing here has anything to lose; whoever pressed Ctrl-C waits for it.
GRACE_SECONDS = 2
# One leash of a rehearsal that ends tells the others by this file, long before the folder is gone.
ENDING = ".ending"

libc = ctypes.CDLL(None, use_errno=True)


def descendants() -> list[int]:
    """Every living process below this one, read from /proc: a process group would miss those that left it."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
            if state != "Z":
                parents[int(entry.name)] = int(parent)
    below, found = {os.getpid()}, []
    while more := [pid for pid, parent in parents.items() if parent in below and pid not in below]:
        below.update(more)
        found += more
    return found


def reap() -> bool:
    """Whether no child is left. Then no descendant is: whoever loses its parent comes to this subreaper.

    Only this is certain. A look through /proc takes time, and misses a process whose parent ends meanwhile.
    """
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return True
    return False


def end_all(command: int) -> None:
    """The command first, which may end its own in order; then whoever is left."""
    deadline = time.monotonic() + GRACE_SECONDS
    with contextlib.suppress(ProcessLookupError):
        os.kill(command, signal.SIGTERM)
    while command in descendants() and time.monotonic() < deadline:
        time.sleep(0.05)
        reap()
    while not reap():
        for pid in descendants():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM if time.monotonic() < deadline else signal.SIGKILL)
        time.sleep(0.05)


def remove(folder: Path) -> None:
    """Other leashes on the same folder do this at the same time, while their processes still write to it."""
    for _ in range(200):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.05)


def hold(folder: Path, command: list[str]) -> int:
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    stop_read, stop_write = os.pipe()
    os.set_blocking(stop_write, False)
    for wanted in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(wanted, lambda *_: os.write(stop_write, b"."))
    child = subprocess.Popen(  # noqa: S603
        command,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0),
    )
    watched, whole = [0, stop_read], True
    ending = folder / ENDING
    while child.poll() is None:
        ready, _, _ = select.select(watched, [], [], 0.1)
        if stop_read in ready or ending.exists() or not folder.is_dir():
            break
        if 0 in ready:
            line = os.read(0, 100)
            if not line:
                break
            if line == b"end\n":
                whole = False
                break
            if line == b"keep\n":
                watched.remove(0)
    status = child.poll()
    if status is None and whole:
        with contextlib.suppress(OSError):
            ending.touch()
    end_all(child.pid)
    if status is None:
        if whole:
            remove(folder)
        return 128 + signal.SIGTERM
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(hold(Path(sys.argv[1]), sys.argv[2:]))
