"""What a model server's status means, asked of a stand-in that says what TensorFlow Serving would."""

import http.server
import json
import threading

import pytest

from tuning.optimize import served
from tuning.optimize.served import Rejected, Server
from tuning.refusal import Refusal

OK = {"error_code": "OK", "error_message": ""}


def version(number, state, status=OK):
    return {"version": str(number), "state": state, "status": status}


@pytest.fixture
def server(monkeypatch):
    """Answers with each of the given documents once, and with the last one ever after."""
    monkeypatch.setattr(served, "POLL_SECONDS", 0.01)
    started = []

    def start(*answers):
        left = list(answers)

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):  # noqa: N802
                answer = left.pop(0) if len(left) > 1 else left[0]
                self.send_response(answer if isinstance(answer, int) else 200)
                self.end_headers()
                if not isinstance(answer, int):
                    self.wfile.write(json.dumps({"model_version_status": answer}).encode())

            def log_message(self, *_):
                pass

        one = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=one.serve_forever, args=(0.01,), daemon=True).start()
        started.append(one)
        return Server(f"http://127.0.0.1:{one.server_port}/v1/models/m/")

    yield start
    for one in started:
        one.shutdown()
        one.server_close()


OLD = version(1, "AVAILABLE")


def test_a_version_is_waited_for_through_its_states_and_through_silence(server):
    one = server(
        [OLD], 503, [OLD, version(2, "START")], [OLD, version(2, "LOADING")], [version(2, "AVAILABLE")]
    )
    one.wait_until_available(2, 20)


def test_the_servers_error_is_the_reason(server):
    failed = {"error_code": "INVALID_ARGUMENT", "error_message": "Op type not registered 'Magic'.\nMore."}
    with pytest.raises(Rejected, match=r"the server cannot load it: Op type not registered 'Magic'\. More$"):
        server([OLD, version(2, "LOADING")], [OLD, version(2, "END", failed)]).wait_until_available(2, 20)


@pytest.mark.parametrize(("states", "said"), [([OLD], "nothing of it"), ([version(2, "LOADING")], "LOADING")])
def test_a_server_that_says_nothing_in_time_has_not_taken_it(server, states, said):
    with pytest.raises(Rejected, match=f"the server said {said} within 0.1 s"):
        server(states).wait_until_available(2, 0.1)


def test_a_version_that_was_taken_away_is_gone_once_another_one_serves(server):
    failed = {"error_code": "UNKNOWN", "error_message": "bad"}
    assert server([version(2, "AVAILABLE")], [version(2, "UNLOADING")], [OLD]).wait_until_gone(2, 20)
    assert server([OLD, version(2, "END")]).wait_until_gone(2, 20)
    assert server([OLD, version(2, "LOADING", failed)]).wait_until_gone(2, 20)
    assert not server([OLD, version(2, "UNLOADING")]).wait_until_gone(2, 0.1)
    assert not server([version(1, "END"), version(2, "END")]).wait_until_gone(2, 0.1)


def test_a_server_that_serves_nothing_is_refused_before_the_work(server):
    with pytest.raises(Refusal, match=r"^--server-url: no version at http://127.* is AVAILABLE yet\.$"):
        server([version(1, "LOADING")]).check()
    with pytest.raises(Refusal, match=r"does not say which versions it serves \(HTTP 404\)\.$"):
        server(404).check()
    server([OLD]).check()


def test_a_server_that_is_not_there_is_refused():
    with pytest.raises(Refusal, match=r"127.0.0.1:1 does not say which versions it serves \(.*refused"):
        Server("http://127.0.0.1:1/v1/models/m").check()


def test_the_environments_proxy_is_not_asked(server, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert server([OLD]).known_versions() == [1]


@pytest.mark.parametrize(
    "url", ["localhost:8501", "file:///etc/passwd", "http://h/v1/models/m:predict", "http://h/v1/models/"]
)
def test_an_url_that_is_no_models_is_refused(url):
    with pytest.raises(Refusal, match="must be like http://127.0.0.1:8501/v1/models/NAME"):
        Server(url)
