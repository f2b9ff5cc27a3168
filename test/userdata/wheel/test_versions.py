"""Versions that come, fail and go while requests run. One server lives through all of it, in order."""

from __future__ import annotations

import collections
import shutil
import threading
import time
from pathlib import Path

import pytest
import server as processes


@pytest.fixture(scope="module")
def base_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("offset")


@pytest.fixture(scope="module")
def add_version(base_path: Path, models: Path):
    def add(number: int, source: int | None = None) -> None:
        """By rename, as the boot's model phase does."""
        partial = base_path / f".{number}"
        shutil.copytree(models / "offset" / str(source or number), partial)
        partial.rename(base_path / str(number))

    return add


@pytest.fixture(scope="module")
def offset(base_path: Path, add_version, tmp_path_factory: pytest.TempPathFactory):
    add_version(1)
    (base_path / "not-a-version").mkdir()
    (base_path / "77").write_text("a file, no version")
    monitoring = tmp_path_factory.mktemp("config") / "monitoring.config"
    monitoring.write_text('prometheus_config { enable: true path: "/metrics" }')
    log = tmp_path_factory.mktemp("log") / "log"
    with processes.running("offset", base_path, log, f"--monitoring_config_file={monitoring}") as server:
        server.wait_for_state("1", "AVAILABLE")
        yield server


def _answer(server) -> float:
    answer = server.predict({"instances": [0]})
    assert answer.status_code == 200, answer.text
    return answer.json()["predictions"][0]


def test_a_new_version_takes_over_without_a_lost_request(offset, add_version):
    assert _answer(offset) == 1
    answers: collections.Counter = collections.Counter()
    over = threading.Event()

    def ask():
        with processes.httpx.Client(base_url=offset.http.base_url) as client:
            while not over.is_set():
                answer = client.post("/v1/models/offset:predict", json={"instances": [0]})
                answers[answer.json()["predictions"][0] if answer.status_code == 200 else answer.text] += 1
                time.sleep(0.005)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        add_version(2)
        offset.wait_for_state("2", "AVAILABLE")
        offset.wait_for_state("1", "END")
    finally:
        over.set()
        for thread in threads:
            thread.join()

    assert set(answers) == {1.0, 2.0}, answers
    assert _answer(offset) == 2
    assert offset.predict({"instances": [0]}, "/versions/1").status_code == 404
    # Newest first, and only what is a version.
    assert list(offset.states()) == ["2", "1"]


def test_warm_up_records_were_played(offset):
    text = offset.http.get("/metrics").text
    assert ':tensorflow:serving:model_warmup_latency_count{model_path="' in text
    assert "played 3 warm-up records" in offset.logged()


def test_a_version_whose_warm_up_fails_leaves_the_old_one(offset, add_version):
    """tensorflow_serving/servables/tensorflow/saved_model_warmup_util.cc: its error fails the load."""
    add_version(3)
    entry = offset.wait_for_state("3", "END")
    assert entry["status"]["error_code"] == "INVALID_ARGUMENT"
    assert "input size does not match signature" in entry["status"]["error_message"]
    assert (offset.states()["2"]["state"], _answer(offset)) == ("AVAILABLE", 2)


def test_a_broken_version_leaves_the_old_one(offset, base_path):
    (base_path / ".5").mkdir()
    (base_path / ".5" / "saved_model.pb").write_bytes(b"no model")
    (base_path / ".5").rename(base_path / "5")
    entry = offset.wait_for_state("5", "END")
    assert entry["status"]["error_code"] != "OK"
    assert entry["status"]["error_message"]
    assert (offset.states()["2"]["state"], _answer(offset)) == ("AVAILABLE", 2)


def test_a_repaired_version_is_loaded(offset, base_path, add_version):
    shutil.rmtree(base_path / "5")
    add_version(5, source=4)
    offset.wait_for_state("5", "AVAILABLE", repaired=True)
    offset.wait_for_state("2", "END")
    assert _answer(offset) == 4


def test_a_removed_version_goes(offset, base_path):
    shutil.rmtree(base_path / "3")
    shutil.rmtree(base_path / "5")
    offset.wait_for_state("2", "AVAILABLE")
    offset.wait_for_state("5", "END")
    assert _answer(offset) == 2

    shutil.rmtree(base_path / "2")
    shutil.rmtree(base_path / "1")
    offset.wait_for_state("2", "END")
    assert offset.predict({"instances": [0]}).status_code == 404


def test_each_log_line_is_one_event(offset):
    ours = [line for line in offset.logged().splitlines() if "model_server[" in line]
    assert len(ours) > 5
    assert "Traceback" not in offset.logged()
