"""An instance to diagnose in a folder (GTF_ROOT), and the runbook's steps as its document has them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[3]
RUNBOOK = ROOT / "runbooks" / "troubleshoot"
STUB = Path(__file__).with_name("stub")
PARAMETERS = {
    "LogPath": "",
    "Server": "",
    "BatchSize": "0",
    "Requests": "3",
    "ShadowSeconds": "60",
    "KernelFloor": "5.10",
    "EndOfPatch": "",
}


def script(step: str) -> str:
    """The step as rendering joins it: all of its files, under the last one's shebang."""
    steps = yaml.safe_load((RUNBOOK / "document.yaml").read_text())["mainSteps"]
    names = next(one["inputs"]["runCommand"] for one in steps if one["name"] == step)
    texts = [(RUNBOOK / name).read_text().splitlines() for name in names]
    body = [line for text in texts for at, line in enumerate(text) if at or not line.startswith("#!")]
    return "\n".join([texts[-1][0], *body]) + "\n"


def wait_for(condition: Callable[[], object], seconds: float = 20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if result := condition():
            return result
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s")


class Instance:
    def __init__(self, root: Path, python: str = sys.executable):
        self.root = root
        self.command = str(uuid.uuid4())
        self.work = root / "var/lib/graviton-tf-diagnosis" / self.command
        self.environment = {
            **os.environ,
            "GTF_ROOT": str(root),
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:9",
            "DOCKER_STATE": str(root / "docker"),
            "PATH": f"{Path(python).parent}:{STUB}:{os.environ['PATH']}",
            "SSM_COMMAND_ID": self.command,
        }

    def file(self, step: str) -> Path:
        file = self.root / f"{step}.script"
        file.write_text(script(step))
        file.chmod(0o755)
        return file

    def given(self, **parameters: str) -> dict[str, str]:
        values = {**PARAMETERS, **parameters}
        return {**self.environment, **{f"SSM_{name}": value for name, value in values.items()}}

    def start(self, step: str, **parameters: str) -> subprocess.Popen:
        """In a process group of its own, as the agent starts it."""
        return subprocess.Popen(
            [self.file(step)], env=self.given(**parameters), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip

    def run(self, step: str, **parameters: str) -> str:
        process = self.start(step, **parameters)
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, f"{step}: {out}{err}"
        return out

    def facts(self, **parameters: str) -> dict:
        self.work.mkdir(parents=True, exist_ok=True)
        self.run("Collect", **parameters)
        return json.loads((self.work / "facts.json").read_text())

    def shadow(self, **parameters: str) -> dict:
        self.run("Shadow", **parameters)
        return json.loads((self.work / "shadow.json").read_text())

    def evidence(self, name: str = "served.out") -> str:
        return (self.work / name).read_text()

    def serving(self) -> list[int]:
        """Every process whose command line has to do with this instance's models."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                words = (folder / "cmdline").read_bytes()
            except OSError:
                continue
            if f"={self.root}/models/".encode() in words:
                found.append(int(folder.name))
        return sorted(found)


def kill_group(process: subprocess.Popen) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
