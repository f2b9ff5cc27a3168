from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

HERE = Path(__file__).parent
# The instance in a folder, and the package index, are the same for every runbook that takes long.
sys.path[:0] = [str(HERE), str(HERE.parent / "mlperf")]

import package_index  # noqa: E402
import tensorflow_tree  # noqa: E402
from wheel_instance import ROOT, STUB, WheelInstance  # noqa: E402

CLANGS = ("16.0.0", "17.0.2", "17.0.6", "18.1.8")


@dataclass(frozen=True)
class WheelMirror:
    """Where everything is that the runbook downloads, and its parameters for it."""

    folder: Path
    commits: dict[str, str]
    index: str
    asked: list[str]

    @property
    def parameters(self) -> dict[str, str]:
        # 2.15.1 is one that no commit is known of.
        commits = {release: commit for release, commit in self.commits.items() if release != "2.15.1"}
        return {
            "Sources": f"file://{self.folder}/git",
            "BazelReleases": f"file://{self.folder}/bazel",
            "LlvmReleases": f"file://{self.folder}/llvm",
            "PipIndexUrl": self.index,
            "Commits": words(commits),
            "BazelSha256": words(self.checksums("bazel/*/*")),
            "LlvmSha256": words(self.checksums("llvm/*/*")),
            "ArtifactsBucket": "artifacts",
        }

    def checksums(self, pattern: str) -> dict[str, str]:
        return {
            file.parent.name.replace("llvmorg-", ""): hashlib.sha256(file.read_bytes()).hexdigest()
            for file in sorted(self.folder.glob(pattern))
        }


def words(values: dict[str, str]) -> str:
    return " ".join(f"{key}={value}" for key, value in values.items())


@pytest.fixture(scope="session")
def wheel_document(tmp_path_factory: pytest.TempPathFactory) -> dict:
    """As it is deployed, but that what it carries is in a folder of the tests'."""
    folder = tmp_path_factory.mktemp("rendered")
    subprocess.run(
        ["node", "--import", "tsx", "test/runbooks/command/render.ts", folder, "build-wheel"],
        cwd=ROOT, check=True,
    )  # fmt: skip
    document = json.loads((folder / "build-wheel.json").read_text())
    document["carried"] = str(folder / "carried")
    return document


@pytest.fixture(scope="session")
def wheel_mirror(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("mirror")
    commits = tensorflow_tree.make(folder / "git")
    for version in set(tensorflow_tree.RELEASES.values()):
        file = folder / "bazel" / version / f"bazel-{version}-linux-arm64"
        file.parent.mkdir(parents=True)
        # Each another file.
        file.write_text(f"{(STUB / 'bazel').read_text()}# {version}\n")
    for version in CLANGS:
        name = f"clang+llvm-{version}-aarch64-linux-gnu"
        clang = folder / name / "bin" / "clang"
        clang.parent.mkdir(parents=True)
        clang.write_text(f'#!/bin/sh\necho "clang version {version} (https://github.com/llvm)"\n')
        clang.chmod(0o755)
        (folder / "llvm" / f"llvmorg-{version}").mkdir(parents=True)
        with tarfile.open(folder / "llvm" / f"llvmorg-{version}" / f"{name}.tar.xz", "w:xz") as archive:
            archive.add(folder / name, name)
    requirements = ROOT / "runbooks" / "build-wheel" / "requirements.txt"
    packages = next(path for path in sys.path if path.endswith("site-packages"))
    with package_index.serving(requirements, packages) as (address, asked):
        yield WheelMirror(folder, commits, address, asked)


@pytest.fixture(scope="session")
def wheel_venv(wheel_mirror: WheelMirror, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the pinned packages, which most tests need not wait for."""
    venv = tmp_path_factory.mktemp("venv") / "venv"
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    install = [venv / "bin/python", "-m", "pip", "install", "--quiet", "--index-url", wheel_mirror.index]
    subprocess.run([*install, "--requirement", ROOT / "runbooks/build-wheel/requirements.txt"], check=True)
    return venv


@pytest.fixture(scope="session")
def build_in(wheel_document: dict, wheel_mirror: WheelMirror, wheel_venv: Path):
    """build_in(folder, **changes): an instance to build on."""

    def make(folder: Path, *, quick: bool = True, **changes) -> WheelInstance:
        shutil.copytree(wheel_document["carried"], folder / "s3" / "carried")
        document = {name: value for name, value in wheel_document.items() if name != "carried"}
        instance = WheelInstance(folder, document, wheel_mirror.parameters, **changes)
        if quick:
            instance.environment["VENV"] = str(wheel_venv)
        return instance

    return make


@pytest.fixture
def build_on(build_in: Callable[..., WheelInstance], tmp_path: Path):
    return lambda **changes: build_in(tmp_path, **changes)


@pytest.fixture
def builder(build_on: Callable[..., WheelInstance]) -> WheelInstance:
    return build_on()
