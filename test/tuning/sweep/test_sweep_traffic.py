"""Whether a server is asked, by its own counters."""

from __future__ import annotations

import http.server
import json
import subprocess
import sys
import threading

import pytest

from tuning.sweep import traffic

PAGE = """# TYPE :tensorflow:serving:request_count counter
:tensorflow:serving:request_count{{model_name="m",status="OK"}} {ok}
:tensorflow:serving:request_count{{model_name="",status="NOT_FOUND"}} {lost}
# TYPE :tensorflow:serving:request_latency histogram
:tensorflow:serving:request_latency_bucket{{model_name="m",API="predict",entrypoint="REST",le="10"}} 9
:tensorflow:serving:request_latency_count{{model_name="m",API="predict",entrypoint="REST"}} {predicted}
:tensorflow:serving:request_latency_count{{model_name="m",API="",entrypoint="REST"}} {status}
:tensorflow:serving:request_latency_count{{model_name="m",API="metadata",entrypoint="REST"}} 1
"""


def page(predicted: int, status: int, lost: int = 0) -> str:
    return PAGE.format(ok=predicted + status + 1, lost=lost, predicted=predicted, status=status)


@pytest.fixture
def server():
    """Serves one page after the other, the last one for ever."""
    pages: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):  # noqa: N802
            found = self.path == traffic.METRICS_PATH and pages
            self.send_response(200 if found else 404)
            self.end_headers()
            if found:
                self.wfile.write((pages.pop(0) if len(pages) > 1 else pages[0]).encode())

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}/v1/models/m", pages
        running.shutdown()


@pytest.mark.parametrize(
    ("first", "second", "state"),
    [
        (page(5, 10), page(5, 10), "idle"),
        # The watchdog's looks.
        (page(5, 10), page(5, 14), "idle"),
        (page(5, 10), page(6, 10), "busy"),
        # A request that failed is one all the same.
        (page(5, 10), page(5, 10, lost=1), "busy"),
        # A fresh server: no request yet.
        ("# TYPE :tensorflow:serving:request_count counter\n", page(1, 0), "busy"),
        (page(50, 10), page(0, 1), "unknown"),
        ("", "", "unknown"),
        ("<html>", "<html>", "unknown"),
    ],
)
def test_the_counters_tell(server, first: str, second: str, state: str):
    url, pages = server
    pages += [first, second]
    assert traffic.observe(url, 0.05).state == state


def test_without_monitoring_nobody_knows(server):
    url, _ = server
    observed = traffic.observe(url, 0.05)
    assert (observed.state, observed.requests_per_second) == ("unknown", None)
    assert "gives no metrics" in observed.text


def test_the_program_exits_by_what_it_found(server, program_environment):
    url, pages = server
    pages += [page(5, 10), page(7, 10)]
    command = [sys.executable, "-m", "tuning.sweep.traffic", "--endpoint", url, "--seconds", "0.1"]
    done = subprocess.run(command, capture_output=True, text=True, env=program_environment, check=False)
    (line,) = done.stdout.splitlines()
    report = json.loads(line)["report"]
    assert (done.returncode, report["exitCode"], report["state"]) == (1, 1, "busy")
    assert report["requestsPerSecond"] > 0
