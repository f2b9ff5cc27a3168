from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import harness_repository
import package_index
import pytest
from benchmarked_instance import ROOT, Instance, Run

RUNBOOK = ROOT / "runbooks" / "mlperf"


@dataclass(frozen=True)
class Mirror:
    """Where everything is that the runbook downloads, and its parameters for it."""

    folder: Path
    commit: str
    model: Path
    index: str

    @property
    def parameters(self) -> dict[str, str]:
        return {
            "Sources": f"file://{self.folder}/git",
            "Commit": self.commit,
            "Model": f"file://{self.model}",
            "ModelChecksum": f"sha256:{hashlib.sha256(self.model.read_bytes()).hexdigest()}",
            "PipIndexUrl": self.index,
            "Samples": "20",
        }


@pytest.fixture(scope="session")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict:
    """As it is deployed."""
    folder = tmp_path_factory.mktemp("rendered")
    subprocess.run(
        ["node", "--import", "tsx", "test/runbooks/command/render.ts", folder, "mlperf"], cwd=ROOT, check=True
    )
    return json.loads((folder / "mlperf.json").read_text())


@pytest.fixture(scope="session")
def mirror(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("mirror")
    commit = harness_repository.make(folder / "git")
    model = folder / "model.pb"
    model.write_bytes(b"a frozen graph")
    packages = next(path for path in sys.path if path.endswith("site-packages"))
    with package_index.serving(RUNBOOK / "requirements.txt", packages) as (address, _):
        yield Mirror(folder, commit, model, address)


@dataclass(frozen=True)
class Whole:
    """One whole run, and the virtual environment that it installed, which other tests need not wait for."""

    instance: Instance
    run: Run
    venv: Path


@pytest.fixture(scope="session")
def whole(document: dict, mirror: Mirror, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    root = tmp_path_factory.mktemp("instance")
    kept = root / "kept"
    instance = Instance(root, _after(document, "Install", f'cp -a "$work/venv" {kept}'), mirror.parameters)
    # What a shell on the instance may have set must not decide.
    instance.environment = {"ONEDNN_DEFAULT_FPMATH_MODE": "STRICT", "TF_NUM_INTRAOP_THREADS": "77"}
    return Whole(instance, instance.run(), kept)


@pytest.fixture
def instance(document: dict, mirror: Mirror, whole: Whole, tmp_path: Path) -> Instance:
    """One on which packages were installed before."""
    assert whole.venv.exists(), whole.run.steps["Install"]
    return Instance(
        tmp_path, _in_place_of(document, "Install", f'ln -s {whole.venv} "$work/venv"'), mirror.parameters
    )


@pytest.fixture
def bare(document: dict, mirror: Mirror, tmp_path: Path) -> Instance:
    """One on which nothing was."""
    return Instance(tmp_path, document, mirror.parameters)


def only(document: dict, *names: str) -> dict:
    """The document with these steps alone."""
    return {**document, "mainSteps": [step for step in document["mainSteps"] if step["name"] in names]}


def _after(document: dict, name: str, command: str) -> dict:
    return _changed(
        document, lambda step: [step, _step(step, f"{name}Kept", command)] if step["name"] == name else [step]
    )


def _in_place_of(document: dict, name: str, command: str) -> dict:
    return _changed(document, lambda step: [_step(step, name, command)] if step["name"] == name else [step])


def _changed(document: dict, change: Callable[[dict], list[dict]]) -> dict:
    return {**document, "mainSteps": [new for step in document["mainSteps"] for new in change(step)]}


def _step(like: dict, name: str, command: str) -> dict:
    place = (RUNBOOK / "../troubleshoot/work.sh").read_text().splitlines()
    inputs = {**like["inputs"], "runCommand": ["#!/bin/bash", *place, command]}
    return {**like, "name": name, "inputs": inputs}


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A tar of three images, one folder down, as people make them."""
    folder = tmp_path / "dataset" / "val"
    folder.mkdir(parents=True)
    for number in range(3):
        (folder / f"{number}.JPEG").write_bytes(b"image")
    (folder / "val_map.txt").write_text("".join(f"{number}.JPEG {number}\n" for number in range(3)))
    return Path(shutil.make_archive(str(tmp_path / "images"), "tar", folder.parent))
