"""Servers of candidates: processes that are really started, asked, and ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tuning.sweep.clients import Clients
from tuning.sweep.grid import Candidate
from tuning.sweep.recommendation import recommend
from tuning.sweep.rig import Limits
from tuning.sweep.search import search
from tuning.sweep.servers.server import CannotServe, ServedModel, model_status
from tuning.sweep.servers.server_rig import ServerRig
from tuning.sweep.servers.wheel import wheel_server
from tuning.sweep.settings import DEFAULT_VARIABLES, Settings

DEFAULT, TWO = Candidate(Settings()), Candidate(Settings(processes=2), ("processes 2",))
THREADS = Candidate(Settings(inter_op_threads=2), ("inter-op",))


@pytest.fixture
def served(base_path: Path) -> ServedModel:
    return ServedModel("small", base_path / "1", 1)


@pytest.fixture
def build(served: ServedModel, userdata: Path):
    def by(python: str) -> Callable:
        return lambda root, candidate: wheel_server(
            root, served, {**DEFAULT_VARIABLES, **candidate.settings.variables()}, userdata, python
        )

    return by


def started_from(folder: Path) -> list[str]:
    """Command lines of processes that have something to do with the folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                state = (entry / "stat").read_text().rsplit(")", 1)[1].split()[0]
            except OSError:
                continue
            if str(folder) in line and state != "Z":
                found.append(line)
    return found


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def sweep(build, requests: Path, candidates, seconds: float = 60.0, window: float = 0.1):
    with Clients(requests, 2) as clients, ServerRig(candidates, build, clients, window) as rig:
        limits = Limits(time.monotonic() + seconds, seconds, window)
        return search(candidates, rig, limits, lambda *_: None)


def test_the_wheels_server_answers_with_the_candidates_settings(build, requests_file: Path, temporary: Path):
    """Real servers of a real model: what is measured are its predictions, with the flags of its unit."""
    candidates = [DEFAULT, THREADS]
    with Clients(requests_file, 2) as clients:
        with ServerRig(candidates, build(sys.executable), clients, 0.2) as rig:
            assert rig.start(1, 120).latencies
            window = rig.measure(1, 0.3)
            assert window.error == ""
            assert window.throughput > 1
            (log,) = temporary.glob("*/1-0/server.log")
            said = log.read_text()
            assert f"intra-op {rig.intra_op_threads[1]}, inter-op 2" in said
        assert not started_from(temporary)
    assert list(temporary.iterdir()) == []
    assert "stopped" not in said


def test_a_faster_candidate_is_found_and_nothing_is_left(
    build, stand_in, requests_file: Path, temporary: Path
):
    python = stand_in(**{"--processes=2": {"seconds": 0.004}, "": {"seconds": 0.02}})
    outcome = sweep(build(python), requests_file, [DEFAULT, TWO])
    assert [trial.status for trial in outcome.trials] == ["measured", "measured"]
    assert recommend(outcome, None).best == 1
    assert list(temporary.iterdir()) == []
    assert not started_from(temporary)


def test_those_that_fail_say_why_and_the_others_go_on(
    build, stand_in, requests_file: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
):
    failing = {
        2: ({"dies": "cannot listen on 127.0.0.1"}, "cannot listen on 127.0.0.1"),
        3: ({"state": "END", "message": "op is unknown"}, "its model does not load: op is unknown"),
        4: ({"status": 500}, "answered POST with HTTP 500: as it was told"),
        5: ({"dies_after": 3}, "the stand-in has had enough"),
    }
    several = [
        Candidate(Settings(inter_op_threads=number), (f"inter-op {number}",)) for number in [*failing, 6]
    ]
    monkeypatch.setenv("PATH", f"{_getconf(temporary.parent, 8)}:{os.environ['PATH']}")
    flag = "--tensorflow_inter_op_parallelism"
    behaviours = {f"{flag}={number}": behaviour for number, (behaviour, _) in failing.items()}
    python = stand_in(**behaviours, **{f"{flag}=6": {"seconds": 0.02}})
    outcome = sweep(build(python), requests_file, [DEFAULT, *several])
    assert [trial.status for trial in outcome.trials[:5]] == ["measured", *["failed"] * 4]
    for trial, (_, why) in zip(outcome.trials[1:], failing.values(), strict=False):
        assert why in trial.why
    assert outcome.trials[5].windows
    assert list(temporary.iterdir()) == []


def _getconf(folder: Path, vcpus: int) -> Path:
    """The environment's formula lets no number of threads exceed the vCPUs."""
    program = folder / "bin" / "getconf"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho {vcpus}\n")
    program.chmod(0o755)
    return program.parent


def test_one_that_never_becomes_available_is_given_up(build, stand_in, tmp_path: Path):
    python = stand_in(**{"": {"state": "LOADING"}})
    root = tmp_path / "root"
    root.mkdir()
    server = build(python)(root, DEFAULT)
    server.start()
    try:
        with pytest.raises(CannotServe, match="not AVAILABLE after 1 s"):
            server.wait_until_available(0.6)
    finally:
        server.stop()
    server.stop()
    assert model_status(server.url) == ""


def test_a_server_ends_with_us_even_if_we_are_killed(
    build, stand_in, tmp_path: Path, program_environment: dict[str, str], base_path: Path, userdata: Path
):
    script = (
        "import sys, time; from pathlib import Path\n"
        "from tuning.sweep.servers.wheel import wheel_server\n"
        "from tuning.sweep.servers.server import ServedModel\n"
        "from tuning.sweep.settings import DEFAULT_VARIABLES\n"
        "model = ServedModel('small', Path(sys.argv[2]), 1)\n"
        "server = wheel_server(Path(sys.argv[1]), model, DEFAULT_VARIABLES, Path(sys.argv[3]), sys.argv[4])\n"
        "server.start(); server.wait_until_available(20); print('up', flush=True); time.sleep(60)\n"
    )
    root = tmp_path / "root"
    root.mkdir()
    words = [str(root), str(base_path / "1"), str(userdata), stand_in()]
    parent = subprocess.Popen(
        [sys.executable, "-c", script, *words], stdout=subprocess.PIPE, text=True, env=program_environment
    )
    assert parent.stdout.readline() == "up\n"
    assert len(started_from(root)) == 2
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    end = time.monotonic() + 10
    while started_from(root) and time.monotonic() < end:
        time.sleep(0.05)
    assert not started_from(root)
