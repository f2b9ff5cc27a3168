"""A document's steps one after the other, with the control flow of the real agent (read in its source).

- A step that fails does not stop the later ones, unless its `onFailure` says so. One that times out has not
  failed: `onFailure` does not see it.
- Exit codes 168 and 169 end the document, as success and as failure.
- A last step with `finallyStep` runs although the document was ended before. **Not when the command was
  cancelled**: then every step still to come is Cancelled without being run, the last one included, so that
  what must be undone after a cancellation has to be undone by a process of its own.
- The document's status is the worst of its steps': Failed, TimedOut, Cancelled, Success.

https://github.com/aws/amazon-ssm-agent: agent/framework/runpluginutil, agent/plugins/runscript,
agent/executers
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .document import Document, Step
from .parameters import values_of
from .step import Ended, run_script, write_script

# The first agent that passes parameters as variables.
ENVIRONMENT_SINCE = "3.3.2746.0"
CURRENT_VERSION = "3.3.3572.0"
END_WITH_SUCCESS, END_WITH_FAILURE, REBOOT = 168, 169, 194
PLATFORM = "Linux"
# Part of every path and S3 key of the output.
PLUGIN_FOLDER = "awsrunShellScript"
_WORST_FIRST = ("Failed", "TimedOut", "Cancelled")


@dataclass
class StepResult:
    """What became of a step; the output is whole, however long it is."""

    name: str
    status: str
    exit_code: int
    folder: Path
    # What the agent itself adds to the output.
    notice: str = ""

    @property
    def stdout(self) -> str:
        return self._text("stdout")

    @property
    def stderr(self) -> str:
        return self._text("stderr") + self.notice

    def _text(self, name: str) -> str:
        path = self.folder / name
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


@dataclass
class Execution:
    """One command on one machine."""

    document: Document
    parameters: Mapping[str, Any]
    command_id: str
    instance: str
    region: str
    folder: Path
    agent_version: str = CURRENT_VERSION
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    cancelled: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.values = values_of(self.document.parameters, self.parameters)

    def run(
        self, started: Callable[[str], None], ended: Callable[[StepResult], None]
    ) -> tuple[str, list[StepResult]]:
        """The document's status and its steps; tells when a step starts and how it ends."""
        results: list[StepResult] = []
        is_over = False
        for step in self.document.steps:
            result = self._outcome(step, is_over, started)
            is_over = is_over or _ends_document(step, result)
            results.append(result)
            ended(result)
        return _worst(results), results

    def _outcome(self, step: Step, is_over: bool, started: Callable[[str], None]) -> StepResult:
        output = self.folder / self.command_id / PLUGIN_FOLDER / step.name
        if is_over and not step.is_finally:
            return StepResult(
                step.name, "Skipped", 0, output, "Skipped: an earlier step has ended the document."
            )
        if step.platform not in ("", PLATFORM):
            return StepResult(step.name, "Skipped", 0, output, f"Skipped: it is for {step.platform}.")
        if self.cancelled.is_set():
            return StepResult(step.name, "Cancelled", 1, output)
        started(step.name)
        script = write_script(self.folder / self.command_id / step.name, step.script)
        ended = run_script(
            script, output, self._variables(), step.timeout_seconds, self.cancelled, step.working_directory
        )
        return _judged(step, ended, output)

    def _variables(self) -> dict[str, str]:
        # A command may be run from within another's step, whose parameters are not this one's.
        variables = {name: value for name, value in self.environment.items() if not name.startswith("SSM_")}
        if _numbers(self.agent_version) >= _numbers(ENVIRONMENT_SINCE):
            for name, value in self.values.items():
                if self.document.parameters[name].is_environment:
                    variables[f"SSM_{name}"] = value if isinstance(value, str) else json.dumps(value)
        return {
            **variables,
            "SSM_COMMAND_ID": self.command_id,
            "AWS_SSM_INSTANCE_ID": self.instance,
            "AWS_SSM_REGION_NAME": self.region,
        }


def _judged(step: Step, ended: Ended, output: Path) -> StepResult:
    if ended.killed:
        return StepResult(
            step.name, "Cancelled" if ended.killed == "cancelled" else "TimedOut", ended.exit_code, output
        )
    code = ended.exit_code
    if code == END_WITH_SUCCESS:
        return StepResult(step.name, "Success", code, output)
    if code == REBOOT:
        notice = f"\nExit code {REBOOT} asks for a reboot, which this runner does not do."
        return StepResult(step.name, "Failed", code, output, notice)
    if code and step.on_failure == "successAndExit" and code != END_WITH_FAILURE:
        return StepResult(step.name, "Success", END_WITH_SUCCESS, output)
    return StepResult(step.name, "Failed" if code else "Success", code, output)


def _ends_document(step: Step, result: StepResult) -> bool:
    return (
        result.exit_code in (END_WITH_SUCCESS, END_WITH_FAILURE, REBOOT)
        or (result.status == "Failed" and step.on_failure == "exit")
        or (result.status == "Success" and step.on_success == "exit")
    )


def _worst(results: list[StepResult]) -> str:
    statuses = {result.status for result in results}
    return next((status for status in _WORST_FIRST if status in statuses), "Success")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
