"""A model server's process: started, waited for until AVAILABLE, and ended with all it started."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from tuning.cancellation import shielded

_BEGIN = Path(__file__).with_name("begin.py")
_LOOK_SECONDS = 0.1
# Nothing is in flight when a candidate is ended, so this is long.
_END_SECONDS = 15.0

_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class CannotServe(Exception):
    """Why a candidate did not start or ended: its own last line."""


@dataclass(frozen=True)
class ServedModel:
    name: str
    """In the URL."""
    folder: Path
    """The SavedModel: only this version is served, whatever appears beside it."""
    version: int


@dataclass
class Server:
    command: Sequence[str]
    environment: Mapping[str, str]
    url: str
    """http://127.0.0.1:PORT/v1/models/NAME"""
    log: Path
    afterwards: Callable[[], None] = lambda: None
    """Removes what may outlive the process."""
    _process: subprocess.Popen | None = field(default=None, init=False)

    def start(self) -> None:
        """Returns at once; wait_until_available says how it went."""
        with shielded(), self.log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-I", str(_BEGIN), str(os.getpid()), *self.command],
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # A terminal's Ctrl-C is for us, who end the servers in order.
                start_new_session=True,
            )

    def wait_until_available(self, seconds: float) -> None:
        """Raises CannotServe when it ends or its model fails, and after `seconds`."""
        end = time.monotonic() + seconds
        while True:
            status = model_status(self.url)
            if status == "AVAILABLE":
                return
            self.check()
            if status and status not in ("START", "LOADING"):
                raise CannotServe(f"its model does not load: {status}")
            if time.monotonic() > end:
                raise CannotServe(f"its model was not AVAILABLE after {seconds:.0f} s")
            time.sleep(_LOOK_SECONDS)

    def check(self) -> None:
        """Raises CannotServe if the process has ended."""
        status = self._process.poll() if self._process else 0
        if status is not None:
            how = signal.Signals(-status).name if status < 0 else f"status {status}"
            raise CannotServe(self.last_line() or f"it ended with {how} and said nothing")

    def last_line(self) -> str:
        lines = [line.strip() for line in self.log.read_text(errors="replace").splitlines()]
        return next((line[:300] for line in reversed(lines) if line), "")

    def stop(self) -> None:
        """Ends the process and whatever it started; may be called at any time and twice."""
        with shielded():
            process, self._process = self._process, None
            if process is None:
                return
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_END_SECONDS)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            self.afterwards()


def model_url(port: int, name: str) -> str:
    return f"http://127.0.0.1:{port}/v1/models/{quote(name, safe='')}"


def model_status(url: str, seconds: float = 5.0) -> str:
    """The newest version's state, its error where it failed, or '' while nobody answers."""
    try:
        with _direct.open(url, timeout=seconds) as answer:
            versions = json.load(answer)["model_version_status"]
    except (OSError, ValueError, KeyError):
        # Also what is answered before the first version was looked for: 404.
        return ""
    states = {entry["state"]: entry for entry in versions}
    for state in ("AVAILABLE", "LOADING", "START"):
        if state in states:
            return state
    return next((entry["status"]["error_message"] or state for state, entry in states.items()), "")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
