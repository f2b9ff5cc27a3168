"""The Python that the programs run by: the server's own where there is one, else one of the command's own."""

from __future__ import annotations

import importlib.metadata
import json
import os
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from measured_instance import ROOT

COMMAND = "11111111-1111-4111-8111-111111111111"
STUB = Path(__file__).with_name("stub_python")
# As the instance has them beside the system's own.
OFFERED = ("python3.10", "python3.11", "python3.12")
PINNED = "2.20.0"


class Environment:
    """The step Environment of a command whose model was found already."""

    def __init__(self, instance, folder: Path):
        self.instance, self.stubs, self.calls = instance, folder / "stubs", folder / "calls"
        self.work = instance.base / COMMAND
        self.work.mkdir(parents=True)
        self.stubs.mkdir()
        self.calls.touch()
        # What the document carries, and nothing else.
        carried = json.loads(zlib.decompress((instance.buckets / "carried/right-size").read_bytes()))
        for name, text in carried.items():
            file = self.work / "files" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        self.machine("x86_64")
        self.stub("df", "echo; echo disk 9 9 ${DISK_MIB:-9000} 9 /")

    def stub(self, name: str, *lines: str) -> None:
        file = self.stubs / name
        file.write_text("\n".join(["#!/bin/bash", *lines]) + "\n")
        file.chmod(0o755)

    def machine(self, name: str) -> None:
        self.stub("uname", f"echo {name}")
        self.stub("packager", f'echo "packager $*" >>{self.calls}')

    def offer(self, *names: str) -> None:
        for name in names:
            (self.stubs / name).symlink_to(STUB)

    def run(self, target: dict, **variables: str) -> subprocess.CompletedProcess:
        (self.work / "target.json").write_text(json.dumps(target))
        environment = self.instance.environment("right-size", SSM_COMMAND_ID=COMMAND, SSM_Mode="sweep")
        environment |= {
            "PATH": f"{self.stubs}:{environment['PATH']}", "CALLS": str(self.calls), "PYTHON": sys.executable,
            "GTF_PACKAGER": str(self.stubs / "packager"),
        }  # fmt: skip
        script = self.instance.step("right-size", "Environment")
        return subprocess.run(
            ["bash", script], env=environment | variables, capture_output=True, text=True, timeout=60
        )

    def said(self, done: subprocess.CompletedProcess) -> str:
        assert done.returncode == 1 and not (self.work / "python").exists(), done
        return done.stderr.strip().splitlines()[-1]

    def installed(self) -> list[str]:
        words = [line.split("|") for line in self.calls.read_text().splitlines() if "-m pip install" in line]
        return [line[1].removeprefix("-m pip install --quiet ") for line in words]


@pytest.fixture
def environment(instance, tmp_path: Path) -> Environment:
    return Environment(instance, tmp_path)


CONTAINER = {"kind": "container", "tensorflow": "2.14.1", "python": None}


def test_it_sees_what_the_server_sees_and_the_server_nothing_of_it(environment):
    server = {"python": sys.executable, "tensorflow": importlib.metadata.version("tensorflow-cpu")}
    done = environment.run(server)
    assert done.returncode == 0, done.stderr
    python = (environment.work / "python").read_text().strip()
    assert python == str(environment.work / "venv/bin/python")
    find = "import importlib.util as u, sys; print(sys.prefix, u.find_spec('tensorflow').origin)"
    prefix, origin = subprocess.run(
        [python, "-c", find], capture_output=True, text=True, check=True
    ).stdout.split()
    assert prefix == str(environment.work / "venv")
    assert origin.startswith(sys.prefix)
    assert not environment.installed()
    # The guard must not take the end of this step for that of the command.
    assert not (environment.work / "step").exists()


@pytest.mark.parametrize(
    ("machine", "version", "python", "package"),
    [
        ("aarch64", "2.14.1", "python3.11", "tensorflow-cpu-aws==2.14.1"),
        ("x86_64", "2.14.1", "python3.11", "tensorflow-cpu==2.14.1"),
        ("aarch64", "2.19.0", "python3.12", "tensorflow==2.19.0"),
    ],
)
def test_beside_a_container_it_is_the_servers_version_by_the_boots_rules(
    environment, machine, version, python, package
):
    environment.machine(machine)
    environment.offer(*OFFERED)
    done = environment.run({**CONTAINER, "tensorflow": version})
    assert done.returncode == 0, done.stderr
    assert environment.installed() == [f"{package} requests"]
    assert (environment.work / "venv/minor").read_text().strip() == python.removeprefix("python3.")


def test_where_nobody_says_it_is_the_tested_version_and_a_parameter_says(environment):
    environment.offer(*OFFERED)
    assert environment.run({**CONTAINER, "tensorflow": None}).returncode == 0
    assert environment.run({**CONTAINER}, SSM_TensorFlowVersion="2.16.2").returncode == 0
    assert environment.installed() == [
        f"tensorflow-cpu=={PINNED} requests", "tensorflow-cpu==2.16.2 requests",
    ]  # fmt: skip


def test_for_a_benchmark_load_gen_is_compiled_where_it_has_no_wheel(environment):
    environment.machine("aarch64")
    environment.offer(*OFFERED)
    assert environment.run(CONTAINER, SSM_Mode="benchmark").returncode == 0
    pinned = next(
        line for line in (ROOT / "setup/requirements.txt").read_text().splitlines() if "loadgen==" in line
    ).split()[0]
    assert environment.installed()[1] == pinned
    assert "packager install gcc-c++ python3.11-devel" in environment.calls.read_text()


def test_a_mirror_is_data(environment, tmp_path):
    environment.offer(*OFFERED)
    mirror = f"https://mirror/$(touch {tmp_path}/run)/`touch {tmp_path}/run`/simple; touch {tmp_path}/run"
    assert environment.run(CONTAINER, SSM_PipIndexUrl=mirror).returncode == 0
    assert f"PIP_INDEX_URL={mirror}" in environment.calls.read_text()
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"DISK_MIB": "2000"}, "this needs 2560 MiB of disk at WORK, where 2000 MiB are free"),
        (
            {"PIP_SAYS": "WARNING: x\\nERROR: No matching distribution found for it\\n"},
            "cannot install tensorflow-cpu==2.14.1: ERROR: No matching distribution found for it (status 1)",
        ),
        (
            {"SSM_TensorFlowVersion": "2.13.1"},
            "TensorFlow 2.13.1 is too old for this: set TensorFlowVersion to 2.14.0 or later",
        ),
    ],
)
def test_what_cannot_be_is_one_sentence(environment, variables, sentence):
    environment.offer(*OFFERED)
    said = environment.said(environment.run(CONTAINER, **variables))
    assert said.removeprefix("graviton-tf ") == sentence.replace("WORK", str(environment.work))


def test_too_little_memory_is_one_sentence(environment, tmp_path):
    (tmp_path / "meminfo").write_text("MemTotal: 900000 kB\nMemAvailable: 512000 kB\n")
    said = environment.said(environment.run(CONTAINER, GTF_PROC=str(tmp_path)))
    assert said == "this needs 1024 MiB of memory, of which 500 MiB are available"


def test_the_real_pip_takes_it_from_local_wheels(environment, tmp_path):
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    minor, machine = sys.version_info[1], os.uname().machine
    if minor not in range(10, 14):
        pytest.skip(f"no TensorFlow for Python 3.{minor}")
    environment.machine(machine)
    (environment.stubs / f"python3.{minor}").symlink_to(sys.executable)
    package = "tensorflow_cpu" if machine == "x86_64" else "tensorflow"
    _wheel(wheels, package, PINNED, "tensorflow")
    _wheel(wheels, "requests", "9.0", "requests")
    done = environment.run({}, PIP_NO_INDEX="1", PIP_FIND_LINKS=str(wheels))
    assert done.returncode == 0, done.stderr
    python = (environment.work / "python").read_text().strip()
    told = subprocess.run(
        [python, "-c", "import tensorflow; print(tensorflow.__file__)"], capture_output=True
    )
    assert told.stdout.decode().startswith(str(environment.work / "venv"))


def _wheel(folder: Path, name: str, version: str, module: str) -> None:
    import zipfile

    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{module}/__init__.py", "")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
