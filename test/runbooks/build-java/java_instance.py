"""An instance in a folder on which the rendered document is run by the strict runner: Maven, the JDK, the
packager and S3 are stand-ins (stub/), TensorFlow for Python is the project's own, and so is git."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import uuid
import zlib
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
STUB = Path(__file__).with_name("stub")
RUNBOOK = ROOT / "runbooks" / "build-java"
PLATFORM = {"aarch64": "linux-arm64", "x86_64": "linux-x86_64"}[os.uname().machine]


@dataclass
class Run:
    """What became of a command."""

    status: str
    steps: dict[str, dict]

    def reason(self, step: str) -> str:
        """What the operator is shown of a step that failed."""
        assert self.steps[step]["status"] == "Failed", self.steps[step]
        return self.steps[step]["stderr"].strip().splitlines()[-1]

    @property
    def report(self) -> dict:
        return json.loads(self.steps["Report"]["stdout"])

    @property
    def failed(self) -> list[dict]:
        return [step for step in self.steps.values() if step["status"] == "Failed"]


@dataclass
class Instance:
    root: Path
    deployed: Deployed
    parameters: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.base = self.root / "var/lib/graviton-tf-diagnosis"
        self.kept = self.root / "var/lib/graviton-tf-build/build-java"
        self.proc = self.root / "proc"
        self.proc.mkdir(parents=True, exist_ok=True)
        self.memory(64)
        (self.proc / "cpuinfo").write_text("Features : fp asimd bf16\n")
        self.runs("debian-12")
        self.jdk("17.0.15")

    def memory(self, gib: int) -> None:
        kib = gib * 1024 * 1024
        (self.proc / "meminfo").write_text(f"MemTotal: {kib} kB\nMemFree: 1 kB\nMemAvailable: {kib} kB\n")

    def runs(self, distribution: str) -> None:
        """By its os-release."""
        name, version = distribution.rsplit("-", 1)
        (self.root / "etc").mkdir(exist_ok=True)
        (self.root / "etc/os-release").write_text(f'ID={name}\nVERSION_ID="{version}"\n')

    def jdk(self, version: str) -> Path:
        home = self.root / "usr/lib/jvm" / f"java-{version}"
        (home / "bin").mkdir(parents=True)
        for tool in ("java", "javac"):
            (home / "bin" / tool).write_text(
                f'#!/bin/bash\nJDK_VERSION={version} exec {STUB}/jdk {tool} "$@"\n'
            )
            (home / "bin" / tool).chmod(0o755)
        return home

    def start(self, agent_version: str = "", **parameters: str) -> subprocess.Popen:
        file = self.root / "document.json"
        file.write_text(json.dumps(self.deployed.document))
        carried = self.root / "s3/carried/build-java"
        carried.parent.mkdir(parents=True, exist_ok=True)
        carried.write_bytes(self.deployed.carried)
        environment = {
            **{
                name: value
                for name, value in os.environ.items()
                if not name.startswith(("PIP_", "AWS_", "JAVA"))
            },
            "PATH": f"{STUB}:{os.environ['PATH']}",
            "GTF_ROOT": str(self.root),
            "GTF_PROC": str(self.proc),
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:9",
            "PROJECT_PYTHON": sys.executable,
            "STUB_STATE": str(self.root),
            **self.environment,
        }
        given = {"ArtifactsBucket": "artifacts", **self.parameters, **parameters}
        return subprocess.Popen(
            [
                sys.executable,
                "-m",
                "rehearsal.agent",
                "run",
                "--document",
                file,
                "--command-id",
                str(uuid.uuid4()),
                *(["--agent-version", agent_version] if agent_version else []),
                "--output",
                self.root / "output",
                "--parameters",
                json.dumps(given),
            ],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, seconds: int = 170, **parameters: str) -> Run:
        runner = self.start(**parameters)
        try:
            out, err = runner.communicate(timeout=seconds)
        finally:
            # By then it has ended, or is to be cancelled.
            runner.terminate()
        assert runner.returncode in (0, 1), err
        return ended(out)

    def left(self) -> list[str]:
        """What is left of commands."""
        return sorted(path.name for path in self.base.iterdir()) if self.base.exists() else []

    def maven_calls(self) -> list[dict]:
        file = self.root / "mvn.calls"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def bucket(self) -> dict[str, Path]:
        """Objects of the artifacts bucket by key."""
        folder = self.root / "s3/artifacts"
        return {file.relative_to(folder).as_posix(): file for file in folder.rglob("*") if file.is_file()}


def ended(out: str) -> Run:
    end = json.loads(out.strip().splitlines()[-1])
    return Run(end["status"], {step["name"]: step for step in end["steps"]})


@dataclass(frozen=True)
class Deployed:
    """The document, and the object that it has instances fetch its files from."""

    document: dict
    carried: bytes

    def with_files(self, changed: dict[str, str]) -> Deployed:
        """With other texts in place of some files: tables that know the stand-ins."""
        files = json.loads(zlib.decompress(self.carried))
        assert changed.keys() <= files.keys()
        packed = zlib.compress(json.dumps({**files, **changed}).encode())
        carrier, *others = self.document["mainSteps"]
        checksum = f"CARRIED_SHA256='{hashlib.sha256(packed).hexdigest()}'"
        lines = [
            checksum if line.startswith("CARRIED_SHA256=") else line
            for line in carrier["inputs"]["runCommand"]
        ]
        assert checksum in lines
        changed_step = {**carrier, "inputs": {**carrier["inputs"], "runCommand": lines}}
        return Deployed({**self.document, "mainSteps": [changed_step, *others]}, packed)

    def only(self, *names: str) -> Deployed:
        """These steps alone."""
        steps = [step for step in self.document["mainSteps"] if step["name"] in names]
        return Deployed({**self.document, "mainSteps": steps}, self.carried)


def rows(table: str, kind: str, folder: Path = RUNBOOK) -> list[list[str]]:
    """The cells of a table's rows, without why."""
    text = (folder / f"{table}.txt").read_text()
    return [line.split("#")[0].split() for line in re.findall(rf"^{kind} +(.*)$", text, re.M)]
