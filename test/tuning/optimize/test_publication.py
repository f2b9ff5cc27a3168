"""From the rename to the server's word: a version that is not taken is as if it had never been."""

import http.server
import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tuning.optimize import served
from tuning.optimize.measure import Comparison, Measured
from tuning.optimize.publication import Publication
from tuning.optimize.report import Report

ROOT = Path(__file__).resolve().parents[3]

FAILED = {"error_code": "INTERNAL", "error_message": "it is too large"}


class PollingServer:
    """Serves what is in the base path: a version above 1 has the state that it is told to give it."""

    def __init__(self, base, state, status=None, known=()):
        self.held = set()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(handler):  # noqa: N802, N805
                there = {int(path.name) for path in base.iterdir() if path.name.isdigit()}
                newer = there - {1}
                self.held |= newer
                entries = [{"version": "1", "state": "AVAILABLE", "status": {"error_code": "OK"}}]
                entries += [{"version": str(one), "state": state, "status": status or {}} for one in newer]
                entries += [{"version": str(one), "state": "END", "status": FAILED} for one in known]
                handler.send_response(200)
                handler.end_headers()
                handler.wfile.write(json.dumps({"model_version_status": entries}).encode())

            def log_message(handler, *_):  # noqa: N805
                pass

        self._http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}/v1/models/m"
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self):
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture
def base(tmp_path):
    (tmp_path / "base" / "1").mkdir(parents=True)
    return tmp_path / "base"


@pytest.fixture
def serving(base, monkeypatch):
    monkeypatch.setattr(served, "POLL_SECONDS", 0.01)
    started = []

    def start(*arguments, **options):
        started.append(PollingServer(base, *arguments, **options))
        return started[-1]

    yield start
    for one in started:
        one.stop()


@pytest.fixture
def staged(base):
    folder = base / ".graviton-tf-test"
    (folder / "model").mkdir(parents=True)
    (folder / "model" / "saved_model.pb").write_text("optimized")
    return folder


def report():
    measured = Measured(0.1, [1], [[0.1]])
    return Report(path="m", frozen=False, version=1, comparison=Comparison(measured, measured, [1.5]))


def published(base, url, staged, seconds=20.0):
    document = report()
    Publication(base, url, seconds).publish(staged / "model", staged, document)
    return document


def numbers(base):
    return sorted(path.name for path in base.iterdir() if path.name.isdigit())


def test_without_a_server_it_is_published_when_it_is_there(base, staged):
    document = published(base, None, staged)
    assert (document.outcome, document.published) == ("published", {"version": 2, "path": base / "2"})
    assert document.reason == "Published as version 2: 1.50 times as fast, with answers within the tolerance."
    assert numbers(base) == ["1", "2"]


def test_a_server_that_takes_it_decides(base, staged, serving):
    assert published(base, serving("AVAILABLE").url, staged).outcome == "published"
    assert numbers(base) == ["1", "2"]


def test_a_version_that_the_server_refuses_is_taken_back_with_its_reason(base, staged, serving):
    server = serving("END", FAILED)
    document = published(base, server.url, staged)
    assert server.held == {2}
    assert (document.outcome, document.code, document.published) == ("refused", 2, None)
    assert document.reason == "Version 2 was taken back: the server cannot load it: it is too large."
    assert numbers(base) == ["1"]


def test_a_version_of_which_the_server_says_nothing_in_time_is_taken_back(base, staged, serving):
    document = published(base, serving("LOADING").url, staged, seconds=0.1)
    assert document.reason == "Version 2 was taken back: the server said LOADING within 0.1 s."
    assert numbers(base) == ["1"]


def test_a_number_that_the_server_knows_is_not_used_again(base, staged, serving):
    document = published(base, serving("AVAILABLE", known=[2, 5]).url, staged)
    assert document.published["version"] == 6


@pytest.mark.parametrize(("name", "code"), [("SIGHUP", 129), ("SIGTERM", 143)])
def test_a_signal_while_the_server_loads_takes_it_back(base, staged, serving, name, code):
    text = """
import sys
from pathlib import Path
from tuning.cancellation import Cancelled, cancellable
from tuning.optimize.publication import Publication
from tuning.optimize.report import Report
base, url, staged = sys.argv[1:]
try:
    with cancellable():
        publication = Publication(Path(base), url, 60)
        publication.publish(Path(staged, "model"), Path(staged), Report(path="m", frozen=False))
except Cancelled as cancelled:
    sys.exit(cancelled.exit_code)
"""
    command = [sys.executable, "-c", text, base, serving("LOADING").url, staged]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if json.loads(line)["name"] == "Serve":
                break
        assert numbers(base) == ["1", "2"]
        process.send_signal(getattr(signal, name))
        assert process.wait(20) == code
    assert numbers(base) == ["1"]
