"""A command in a process of its own, as the real agent's document worker: when the command is over, a
cancellation included, the process is gone, which is how a runbook's guard sees that it has to clean up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .execution import PLUGIN_FOLDER, StepResult

_AGENT = Path(__file__).resolve().parent


class Worker(threading.Thread):
    """Reads what `run` prints of one command."""

    def __init__(
        self,
        command_id: str,
        document: str,
        options: dict[str, str],
        folder: Path,
        on_step: Callable[[str, StepResult | None], None],
        on_end: Callable[[str], None],
    ):
        """on_step: a step's name as it starts, and its result as it ends; on_end: the command's status."""
        super().__init__(daemon=True)
        self.command_id, self._output = command_id, folder / command_id
        self._on_step, self._on_end = on_step, on_end
        self._cancelled = False
        self._output.mkdir(parents=True, exist_ok=True)
        file = self._output / "document.json"
        file.write_text(document, encoding="utf-8")
        given = {**options, "document": str(file), "command-id": command_id, "output": str(folder)}
        self._process = subprocess.Popen(
            [sys.executable, str(_AGENT), "run", *(f"--{name}={value}" for name, value in given.items())],
            env=_as_a_service(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        )  # fmt: skip

    def cancel(self) -> None:
        if not self._cancelled:
            self._cancelled = True
            self._process.terminate()

    def run(self) -> None:
        # One that is cancelled before it can read a signal, or refuses the document, prints nothing.
        status = ""
        with self._process:
            for line in self._process.stdout:
                event: dict[str, Any] = json.loads(line)
                if event["event"] == "end":
                    status = event["status"]
                elif event["status"] == "InProgress":
                    self._on_step(event["name"], None)
                else:
                    self._on_step(event["name"], self._result(event))
        self._on_end(status or ("Cancelled" if self._cancelled else "Failed"))

    def _result(self, event: dict[str, Any]) -> StepResult:
        folder = self._output / PLUGIN_FOLDER / event["name"]
        return StepResult(event["name"], event["status"], event["exitCode"], folder, event.get("notice", ""))


def _as_a_service() -> dict[str, str]:
    """The environment of a systemd service, which has no HOME."""
    return {name: value for name, value in os.environ.items() if name not in ("HOME", "USER", "LOGNAME")}
