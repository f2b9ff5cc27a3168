"""Candidates in containers: what Docker is asked, held against what an instance's own unit asks it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tuning.refusal import Refusal
from tuning.sweep.servers.container import Image, container_server, provide
from tuning.sweep.servers.server import ServedModel
from tuning.sweep.settings import DEFAULT_VARIABLES, Batching, Settings

ROOT = Path(__file__).resolve().parents[3]
IMAGE = Image("example.com/serving:1", "/bin/bash", "/usr/bin/script.sh")
VARIABLES = {
    **DEFAULT_VARIABLES,
    **Settings(batching=Batching(8)).variables(),
    "GTF_REST_THREADS": "16",
}
# Of the two runs, these must differ.
_OF_ITS_OWN = ("--name", "--memory", "--memory-swap", "--publish", "--volume", "--env-file")


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The rehearsal's stand-in for Docker; returns what it was asked so far."""
    folder = tmp_path / "bin"
    folder.mkdir()
    recorded = tmp_path / "docker"
    program = folder / "docker"
    stand_in = ROOT / "rehearsal/instance/container/docker"
    program.write_text(f'#!/bin/sh\nGTF_ROOT="{recorded}" exec "{sys.executable}" "{stand_in}" "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    def asked() -> list[list[str]]:
        lines = (recorded / "var/log/docker.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]

    return asked


def pairs(run: list[str]) -> list[tuple[str, ...]]:
    """Docker's own options with their values, and the image's words, without what must differ."""
    image = run.index(IMAGE.reference)
    options, words = run[1:image], []
    while options:
        takes = len(options) > 1 and not options[1].startswith("--") and options[0] not in ("--rm", "--init")
        words.append(tuple(options[: 1 + takes]))
        options = options[1 + takes :]
    kept = [option for option in words if option[0] not in _OF_ITS_OWN]
    return sorted(kept) + [tuple(run[image:])]


def test_a_candidate_is_run_and_shut_in_as_the_unit_does(docker, tmp_path: Path, userdata: Path):
    model = ServedModel("half plus two", tmp_path / "model", 7)
    server = container_server(tmp_path, model, VARIABLES, userdata, IMAGE)
    server.start()
    try:
        server.wait_until_available(30)
        (mine,) = docker()
    finally:
        server.stop()
    assert docker()[-1] == ["rm", "--force", mine[mine.index("--name") + 1]]

    etc = tmp_path / "etc/graviton-tf"
    given = {
        **VARIABLES,
        "GTF_ROOT": str(tmp_path),
        "GTF_IMAGE": IMAGE.reference,
        "GTF_ENTRYPOINT": IMAGE.entrypoint,
        "GTF_COMMAND": IMAGE.command,
        "GTF_MODEL_NAME": model.name,
        "GTF_REST_PORT": server.url.split(":")[2].partition("/")[0],
        "GTF_GRPC_PORT": "1",
        "GTF_LISTEN_ADDRESS": "127.0.0.1",
    }
    unit = subprocess.Popen(
        ["bash", str(userdata / "serve/container.sh")],
        env={**os.environ, **given},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        end = time.monotonic() + 20
        while docker()[-1][0] != "run" and time.monotonic() < end:
            time.sleep(0.05)
        theirs = docker()[-1]
    finally:
        unit.terminate()
        unit.wait()
    assert pairs(mine) == pairs(theirs)
    assert mine[mine.index("--name") + 1].startswith("graviton-tf-sweep-")
    volumes = [mine[place + 1] for place, word in enumerate(mine) if word == "--volume"]
    assert volumes == [
        f"{tmp_path}/model:/models/half plus two/7:ro",
        f"{etc}/batching.config:/etc/graviton-tf/batching.config:ro",
        f"{etc}/monitoring.config:/etc/graviton-tf/monitoring.config:ro",
    ]
    assert mine[mine.index("--publish") + 1].startswith("127.0.0.1:")
    assert int(mine[mine.index("--memory") + 1]) > 0


def test_the_image_is_pulled_once(docker):
    provide(IMAGE)
    provide(IMAGE)
    assert [words for words in docker() if words[0] == "pull"] == [["pull", "--quiet", IMAGE.reference]]


def test_without_docker_a_container_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Refusal, match="docker is not installed here"):
        provide(IMAGE)


def test_an_image_that_cannot_be_pulled_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    program = tmp_path / "docker"
    program.write_text("#!/bin/sh\necho 'Cannot connect to the Docker daemon.' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(Refusal, match=r"cannot be pulled \(Cannot connect to the Docker daemon\)\."):
        provide(IMAGE)
