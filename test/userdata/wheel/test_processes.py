"""Two processes on one port, serving the demo model."""

from __future__ import annotations

import os
import re
import signal
import socket
from pathlib import Path

import numpy as np
import pytest
import server as processes

_A4 = 69 - 21  # MIDI number of A4, counted from the piano's lowest key


@pytest.fixture(scope="module")
def demo(demo_model: Path, tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("demo")
    (folder / "monitoring.config").write_text("prometheus_config: { enable: true }")
    temporary = folder / "tmp"
    temporary.mkdir()
    monitoring = f"--monitoring_config_file={folder / 'monitoring.config'}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(temporary))
        server = processes.running("demo", demo_model, folder / "log", "--processes=2", monitoring)
        with server as running:
            running.temporary = temporary
            running.wait_for_state("1", "AVAILABLE")
            yield running


def _workers(server) -> list[int]:
    """The processes that serve: children of the one that watches them."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if int(fields[1]) == server.process.pid and b"resource_tracker" not in command:
            found.append(int(folder.name))
    return sorted(found)


def _connections(pid: int, clients: list[socket.socket]) -> int:
    """How many of the clients' connections the process holds the other end of."""
    wanted = {f"{client.getsockname()[1]:04X}" for client in clients}
    held = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            held.add(os.readlink(descriptor))  # noqa: PTH115 - the target is no path
        except OSError:
            continue
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(line[2].split(":")[1] in wanted and f"socket:[{line[9]}]" in held for line in lines)


def _count(server, pattern: str) -> float:
    text = server.http.get("/monitoring/prometheus/metrics").text
    return sum(float(value) for value in re.findall(rf"{pattern} (\S+)", text))


def test_the_demo_model_hears_a4(demo):
    """Its loading is what the session loader is for: tf.saved_model.load refuses this export."""
    tone = np.sin(2 * np.pi * 440 * np.arange(43844) / 22050).astype(np.float32)
    answer = demo.predict({"instances": tone[None, :, None].tolist()})
    assert answer.status_code == 200, answer.text
    (prediction,) = answer.json()["predictions"]
    assert set(prediction) == {"contour", "note", "onset"}
    assert np.shape(prediction["contour"]) == (172, 264)
    assert np.mean(prediction["note"], axis=0).argmax() == _A4


def test_both_processes_take_connections(demo):
    workers = _workers(demo)
    assert len(workers) == 2
    clients = [socket.create_connection(("127.0.0.1", demo.port)) for _ in range(12)]
    try:

        def all_taken():
            return sum(_connections(pid, clients) for pid in workers) == len(clients)

        processes.wait_for(all_taken, 10, "process for each connection")
        shares = [_connections(pid, clients) for pid in workers]
        assert min(shares) >= 3, shares
    finally:
        for client in clients:
            client.close()


def test_metrics_add_up_over_the_processes(demo):
    pattern = r':tensorflow:serving:request_count\{model_name="demo",status="INVALID_ARGUMENT"\}'
    before = _count(demo, pattern)
    for _ in range(20):
        # A connection each, so that both processes get some.
        with processes.httpx.Client(base_url=demo.http.base_url) as client:
            assert client.post("/v1/models/demo:predict", json={"instances": []}).status_code == 400
    seen = {_count(demo, pattern) - before for _ in range(5)}
    assert seen == {20.0}


def test_a_process_that_dies_is_replaced(demo):
    victim = _workers(demo)[0]
    os.kill(victim, signal.SIGKILL)
    processes.wait_for(
        lambda: len(_workers(demo)) == 2 and victim not in _workers(demo), 30, "second process again"
    )
    demo.wait_for_state("1", "AVAILABLE")


def test_a_signal_drains_both(demo):
    workers = _workers(demo)
    assert demo.stop() == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)
    assert demo.logged().count("stopping: SIGTERM") == 2
    assert not [path for path in demo.temporary.iterdir() if path.name.startswith("model-server-")]


def test_none_is_left_when_the_supervising_process_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    # Without a version to load, they start at once.
    with processes.running("none", tmp_path, tmp_path / "log", "--processes=2") as server:
        processes.wait_for(lambda: len(_workers(server)) == 2, 20, "two processes")
        workers = _workers(server)
        server.wait_until_listening()
        server.process.kill()
        server.process.wait()
        gone = processes.wait_for(
            lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers), 20, "end of the others"
        )
        assert gone
