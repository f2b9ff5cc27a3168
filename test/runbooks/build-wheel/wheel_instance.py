"""A Graviton instance in a folder, to build wheels on. Its own tools are all that its commands find."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarked_instance import Instance, Run

ROOT = Path(__file__).resolve().parents[3]
STUB = Path(__file__).with_name("stub")
FIXTURES = ROOT / "test" / "fixtures" / "verbose"
# Recorded where the Arm Compute Library ran all, at batch 2; and reference kernels, at batch 1.
FAST = FIXTURES / "aarch64" / "2.16.1" / "cnn_on1_v1_bf16_g3.stdout.log"
SLOW = FIXTURES / "aarch64" / "2.16.1" / "cnn_on1_v1_g2.stdout.log"
# What the scripts call, but for what a distribution may lack.
TOOLS = """
awk base64 bash cat chmod cp cut date dirname du env find grep gzip head id install ln ls mkdir mktemp mv od
paste ps readlink realpath rm sed setsid sh sha256sum sleep sort stat tail tar tee timeout touch tr true wc
xargs
"""
LACKING = ("curl", "git", "unzip", "zip", "xz", "patchelf", "g++", "gcc")
STAND_INS = ("aws", "df", "uname", "getconf")


@dataclass
class WheelInstance(Instance):
    """With everything there, Debian 12; `lacking` leaves those out until a package brings them."""

    lacking: tuple[str, ...] = ()
    distribution: str = "debian-12"

    def __post_init__(self) -> None:
        super().__post_init__()
        self.kept = self.root / "var/lib/graviton-tf-build/build-wheel"
        self.bin = self.root / "bin"
        self.bin.mkdir(exist_ok=True)
        name, _, version = self.distribution.partition("-")
        (self.root / "etc").mkdir(exist_ok=True)
        (self.root / "etc/os-release").write_text(f'ID="{name}"\nVERSION_ID="{version}"\n')
        for tool in TOOLS.split():
            (self.bin / tool).symlink_to(shutil.which(tool) or f"/bin/{tool}")
        for tool in STAND_INS:
            shutil.copy(STUB / tool, self.bin / tool)
        self.python("python3")
        self.python("python3.11")
        for tool in LACKING:
            if tool not in self.lacking:
                self.bring(tool)
        self.environment |= {
            "PATH": str(self.bin),
            "GTF_PACKAGER": "",
            "VERBOSE_LOG": str(FAST),
            # pip then takes wheels of aarch64.
            "_PYTHON_HOST_PLATFORM": "linux-aarch64",
            # What a shell on the instance may have set must not decide.
            "TF_NEED_CUDA": "1",
            "CC": "/usr/bin/tcc",
            "PYTHONPATH": "/nowhere",
        }

    def python(self, name: str, minor: int | None = None) -> None:
        """The project's own; with another number, one that only says so."""
        file = self.bin / name
        says = f'[[ $* != *version_info* ]] || {{ echo {minor}; exit; }}\n' if minor else ""
        # Making one takes longer than all the rest.
        copies = '[[ "$1 $2" != "-m venv" || -z ${VENV-} ]] || exec cp -a "$VENV" "${@: -1}"\n'
        file.write_text(f'#!/bin/bash\n{says}{copies}exec "{sys.executable}" "$@"\n')
        file.chmod(0o755)

    def bring(self, tool: str) -> None:
        if tool in ("g++", "gcc") or tool.startswith(("g++-", "gcc-", "gcc10")):
            shutil.copy(STUB / "gcc", self.bin / tool)
        elif tool == "patchelf":
            (self.bin / tool).symlink_to("true")
        else:
            (self.bin / tool).symlink_to(shutil.which(tool) or "true")

    def bazel(self) -> list[dict]:
        file = self.root / "bazel.calls"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def bucket(self) -> dict[str, Path]:
        """What was uploaded, by key."""
        folder = self.root / "s3" / "artifacts"
        return {str(file.relative_to(folder)): file for file in sorted(folder.rglob("*")) if file.is_file()}

    def wheel(self) -> str:
        return next(key for key in self.bucket() if key.endswith(".whl"))

    def servers(self) -> list[int]:
        """bazel's, which still run."""
        file = self.root / "server.pid"
        pids = [int(file.read_text())] if file.exists() else []
        return [pid for pid in pids if _runs(pid)]


def _runs(pid: int) -> bool:
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def environment_of(text: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


def succeeded(run: Run) -> None:
    assert run.status == "Success", [
        (name, step["stderr"] or step["stdout"])
        for name, step in run.steps.items()
        if step["status"] != "Success"
    ]


def only(document: dict, *names: str) -> dict:
    """The document with these steps alone."""
    return {**document, "mainSteps": [step for step in document["mainSteps"] if step["name"] in names]}
