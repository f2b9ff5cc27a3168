"""An instance in a folder (GTF_ROOT) that the deployed document is run on, by the strict document runner."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
STUB = Path(__file__).with_name("stub")


def wait_for(condition: Callable[[], object], seconds: float = 30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if result := condition():
            return result
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s")


@dataclass
class Run:
    """What became of a command."""

    status: str
    steps: dict[str, dict]

    def reason(self, step: str) -> str:
        """What the operator is shown of a step that refused."""
        assert self.steps[step]["status"] == "Failed", self.steps[step]
        return self.steps[step]["stderr"].strip().splitlines()[-1]

    @property
    def report(self) -> dict:
        return json.loads(self.steps["Report"]["stdout"])


@dataclass
class Instance:
    root: Path
    document: dict
    parameters: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.base = self.root / "var/lib/graviton-tf-diagnosis"
        self.proc = self.root / "proc"
        self.proc.mkdir(parents=True, exist_ok=True)
        self.memory(64)
        (self.proc / "cpuinfo").write_text("Features : fp asimd bf16\n")
        (self.proc / "loadavg").write_text("0.0 0.0 0.0\n")

    def memory(self, gib: int) -> None:
        kib = gib * 1024 * 1024
        (self.proc / "meminfo").write_text(f"MemTotal: {kib} kB\nMemFree: 1 kB\nMemAvailable: {kib} kB\n")

    def start(self, agent_version: str = "", **parameters: str) -> tuple[subprocess.Popen, str]:
        """(the runner, the command's id)"""
        file, command = self.root / "document.json", str(uuid.uuid4())
        file.write_text(json.dumps(self.document))
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "AWS_"))},
            "PATH": f"{STUB}:{os.environ['PATH']}",
            "GTF_ROOT": str(self.root),
            "GTF_PROC": str(self.proc),
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:9",
            "PROJECT_PACKAGES": next(path for path in sys.path if path.endswith("site-packages")),
            "PROJECT_PYTHON": sys.executable,
            "STUB_STATE": str(self.root),
            **self.environment,
        }
        runner = subprocess.Popen(
            [sys.executable, "-m", "rehearsal.agent", "run", "--document", file, "--command-id", command,
             *(["--agent-version", agent_version] if agent_version else []),
             "--output", self.root / "output", "--parameters", json.dumps({**self.parameters, **parameters})],
            cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        return runner, command

    def run(self, **parameters: str) -> Run:
        runner, _ = self.start(**parameters)
        try:
            out, err = runner.communicate(timeout=170)
        finally:
            # By then it has ended, or is to be cancelled.
            runner.terminate()
        assert runner.returncode in (0, 1), err
        return ended(out)

    def left(self) -> list[str]:
        """What is left of commands."""
        return sorted(path.name for path in self.base.iterdir()) if self.base.exists() else []


def ended(out: str) -> Run:
    end = json.loads(out.strip().splitlines()[-1])
    return Run(end["status"], {step["name"]: step for step in end["steps"]})
