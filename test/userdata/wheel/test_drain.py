"""SIGTERM: what is in flight is answered, then the process ends with status 0."""

from __future__ import annotations

import signal
import threading
import time
from pathlib import Path

import httpx
import pytest
import server as processes


def test_requests_in_flight_are_answered(models: Path, tmp_path: Path):
    with processes.running("every", models / "every", tmp_path / "log") as server:
        server.wait_for_state("1", "AVAILABLE")
        answers = []
        body = {"signature_name": "slow", "inputs": [3000]}

        def ask():
            answers.append(server.predict(body).status_code)

        threads = [threading.Thread(target=ask) for _ in range(3)]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        assert not answers, "the requests were too quick to be in flight"
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.4)
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"http://127.0.0.1:{server.port}/v1/models/every")
        for thread in threads:
            thread.join()

        assert answers == [200, 200, 200]
        assert server.process.wait(10) == 0
        assert "stopping: SIGTERM" in server.logged()
