"""The program as a user starts it, its events as they come."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
# Kernel tables cost two more starts of TensorFlow; only tests about them want any.
NO_KERNELS = {"GTF_ANALYZE": "/nonexistent/analyze.py"}


class Program:
    def __init__(self, process: subprocess.Popen, log: Path):
        self.process, self.log = process, log
        self.events: list[dict] = []

    def until(self, name: str, status: str) -> None:
        """Reads events up to this step's."""
        for event in self._read():
            if (event.get("name"), event.get("status")) == (name, status):
                return
        raise AssertionError(f"it ended before {name} was {status}: {self.events}\n{self.logged()}")

    def end(self, seconds: float = 120) -> int:
        for _ in self._read():
            pass
        return self.process.wait(seconds)

    def logged(self) -> str:
        return self.log.read_text(errors="replace")[-4000:]

    @property
    def report(self) -> dict:
        assert self.events[-1]["event"] == "report", f"{self.events[-1]}\n{self.logged()}"
        return self.events[-1]["report"]

    @property
    def refusal(self) -> str:
        return self.events[-1]["reason"]

    def steps(self) -> dict[str, str]:
        """Each step's last status."""
        return {event["name"]: event["status"] for event in self.events if event["event"] == "step"}

    def children(self) -> list[int]:
        """Processes that it has started and that live."""
        found = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(word) for word in found.split()]

    def _read(self) -> Iterator[dict]:
        for line in self.process.stdout:
            self.events.append(json.loads(line))
            yield self.events[-1]


@contextlib.contextmanager
def running(
    log: Path, *arguments: object, prefix: tuple[str, ...] = (), **environment: str
) -> Iterator[Program]:
    """prefix: a command that runs the program. environment: beside ours and NO_KERNELS."""
    variables = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **NO_KERNELS, **environment}
    python_path = [str(ROOT), environment.get("PYTHONPATH", "")]
    variables["PYTHONPATH"] = os.pathsep.join(filter(None, python_path))
    command = [*prefix, sys.executable, "-m", "tuning.optimize", *map(str, arguments)]
    with log.open("wb") as stderr:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, env=variables, text=True)
    try:
        yield Program(process, log)
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(30)
        process.stdout.close()
