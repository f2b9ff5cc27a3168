"""An instance in a folder (GTF_ROOT) on which documents run as the agent runs them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
STUB = Path(__file__).with_name("stub")
# Docker's and other programs' stand-ins, which see no container.
OTHER_STUBS = ROOT / "test" / "runbooks" / "troubleshoot" / "stub"


@dataclass
class Command:
    id: str
    steps: dict[str, dict]

    def printed(self, step: str) -> str:
        assert self.steps[step]["status"] == "Success", f"{step}: {self.steps[step]}"
        return self.steps[step]["stdout"]

    def refusal(self, step: str) -> str:
        assert self.steps[step]["status"] == "Failed", f"{step}: {self.steps[step]}"
        return self.steps[step]["stderr"].strip().splitlines()[-1]


class Instance:
    def __init__(self, root: Path, buckets: Path):
        self.root, self.buckets = root, buckets
        self.base = root / "var/lib/graviton-tf-diagnosis"

    def step(self, document: str, name: str) -> Path:
        """A step's script, as rendered."""
        steps = json.loads((self.buckets / f"{document}.json").read_text())["mainSteps"]
        [lines] = [step["inputs"]["runCommand"] for step in steps if step["name"] == name]
        script = self.root / f"{document}-{name}.sh"
        script.write_text("\n".join(lines) + "\n")
        return script

    def environment(self, document: str, **variables: str) -> dict[str, str]:
        """A step's, with the document's defaults for parameters."""
        declared = json.loads((self.buckets / f"{document}.json").read_text())["parameters"]
        defaults = {"SSM_" + name: parameter.get("default", "") for name, parameter in declared.items()}
        return {**self._host(), **defaults, **variables}

    def _host(self) -> dict[str, str]:
        return {
            **os.environ,
            "GTF_ROOT": str(self.root),
            "S3": str(self.buckets),
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:9",
            "DOCKER_STATE": str(self.root / "docker"),
            # Nothing is installed: this Python has all that the programs need. Nor is there a kernel table.
            "PIP_NO_INDEX": "1",
            "GTF_ANALYZE": "/nonexistent/analyze.py",
            "PATH": f"{STUB}:{OTHER_STUBS}:{os.environ['PATH']}",
        }

    def start(self, document: str, command: str, **parameters: str) -> subprocess.Popen:
        return subprocess.Popen(
            [
                sys.executable, "-m", "rehearsal.agent", "run",
                "--document", self.buckets / f"{document}.json",
                "--parameters", json.dumps(parameters), "--command-id", command, "--instance", "i-1",
            ],
            cwd=ROOT, env=self._host(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(self, document: str, **parameters: str) -> Command:
        command = str(uuid.uuid4())
        process = self.start(document, command, **parameters)
        out, _ = process.communicate(timeout=240)
        end = json.loads(out.splitlines()[-1])
        return Command(command, {step["name"]: step for step in end["steps"]})

    def cancel_in(self, document: str, step: str, when: Callable[[], object], **parameters: str) -> None:
        """Cancels the command as soon as `when` is true in the step; returns when the agent has ended."""
        process = self.start(document, str(uuid.uuid4()), **parameters)
        for line in process.stdout:
            event = json.loads(line)
            if (event.get("name"), event.get("status")) == (step, "InProgress"):
                wait_for(when)
                process.send_signal(signal.SIGTERM)
        process.wait(30)

    def leaves_nothing(self) -> bool:
        """A guard looks twice a second."""
        return wait_for(lambda: not self._left(), 20)

    def _left(self) -> list[str]:
        """Of commands: files, and processes that name the work folder."""
        files = [str(path) for path in self.base.iterdir()] if self.base.is_dir() else []
        return files + [line for line in processes() if str(self.base) in line]


def processes() -> list[str]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
        except OSError:
            continue
    return found


def wait_for(condition: Callable[[], object], seconds: float = 60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if result := condition():
            return result
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds} s")
