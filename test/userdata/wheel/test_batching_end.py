"""Requests that wait for a batch when a new version comes, and when the server ends."""

from __future__ import annotations

import re
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import server as processes


def test_requests_that_wait_are_answered_by_their_own_version(models: Path, tmp_path: Path):
    """The batch is never full and its timeout is far away: only the drain can be what runs it."""
    base_path = tmp_path / "offset"
    base_path.mkdir()
    (base_path / "1").symlink_to(models / "offset" / "1")
    (tmp_path / "monitoring.config").write_text("prometheus_config { enable: true }")
    (tmp_path / "batching.config").write_text(
        "max_batch_size { value: 3 } batch_timeout_micros { value: 3600000000 }"
    )
    flags = (
        "--enable_batching", f"--batching_parameters_file={tmp_path / 'batching.config'}",
        f"--monitoring_config_file={tmp_path / 'monitoring.config'}",
    )  # fmt: skip
    with (
        processes.running("offset", base_path, tmp_path / "log", *flags) as server,
        ThreadPoolExecutor(3) as pool,
    ):
        server.wait_for_state("1", "AVAILABLE")

        # A full batch, and nothing holds the version any longer.
        assert server.predict({"instances": [1, 2, 3]}).json() == {"predictions": [2, 3, 4]}
        (base_path / "2").symlink_to(models / "offset" / "4")
        server.wait_for_state("2", "AVAILABLE")
        server.wait_for_state("1", "END")

        def asked() -> int:
            text = server.http.get("/monitoring/prometheus/metrics").text
            return int(re.search(r"input_batch_size_count\{\} (\d+)", text)[1])

        def ask(number: int):
            before = asked()
            answer = pool.submit(server.predict, {"instances": [number]})
            processes.wait_for(lambda: asked() > before, 10, "waiting request")
            return answer

        old = [ask(1)]
        (base_path / "3").symlink_to(models / "offset" / "1")
        server.wait_for_state("3", "AVAILABLE")
        new = [ask(2), ask(3)]
        server.wait_for_state("2", "UNLOADING")
        assert not any(answer.done() for answer in old + new)
        server.process.send_signal(signal.SIGTERM)

        assert [answer.result().json() for answer in old] == [{"predictions": [1 + 4]}]
        assert [answer.result().json() for answer in new] == [{"predictions": [n + 1]} for n in (2, 3)]
        assert server.process.wait(10) == 0
        assert "Traceback" not in server.logged()
