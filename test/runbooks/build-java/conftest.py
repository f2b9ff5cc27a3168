from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import java_stand_ins
import pytest
from java_instance import ROOT, Deployed, Instance
from java_stand_ins import StandIns


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """As it is deployed."""
    folder = tmp_path_factory.mktemp("rendered")
    subprocess.run(
        ["node", "--import", "tsx", "test/runbooks/command/render.ts", folder, "build-java"],
        cwd=ROOT,
        check=True,
    )
    document = json.loads((folder / "build-java.json").read_text())
    return Deployed(document, (folder / "carried/build-java").read_bytes())


@pytest.fixture(scope="session")
def stand_ins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIns]:
    # The demo model that they publish.
    subprocess.run(["node", "setup/prepare.mjs", "--quiet", "demo-model"], cwd=ROOT, check=True)
    with java_stand_ins.made(tmp_path_factory.mktemp("stand-ins")) as all_of_them:
        yield all_of_them


@pytest.fixture(scope="session")
def deployed(rendered: Deployed, stand_ins: StandIns) -> Deployed:
    """The document that knows the stand-ins' commit and checksums."""
    return rendered.with_files(
        {
            "runbooks/build-java/releases.txt": stand_ins.releases,
            "setup/demo-model.txt": stand_ins.demo_model,
        }
    )


@pytest.fixture
def instance(deployed: Deployed, stand_ins: StandIns, tmp_path: Path) -> Instance:
    return Instance(tmp_path, deployed, stand_ins.parameters)
