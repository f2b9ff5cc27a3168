"""The stand-in for curl does what curl does with the options that the boot scripts use."""

import shutil
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

STAND_IN = Path(__file__).parents[3] / "rehearsal/instance/without-curl/curl"


class Echo(BaseHTTPRequestHandler):
    def answer(self):
        length = int(self.headers.get("Content-Length", 0))
        text = f"{self.command} {self.path} {self.headers.get('X-Token')} ".encode() + self.rfile.read(length)
        self.send_response(404 if self.path == "/missing" else 200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_PUT = do_POST = answer  # noqa: N815

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def url():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def run(command, *words):
    done = subprocess.run([command, *words], capture_output=True, timeout=30)
    return done.returncode, done.stdout


CALLS = {
    "get": ["--silent", "--show-error", "--noproxy", "*", "--max-time", "5", "/x"],
    "token": ["--silent", "--show-error", "--fail", "--retry", "3", "-X", "PUT", "-H", "X-Token: 300", "/t"],
    "missing": ["--silent", "--show-error", "--fail", "/missing"],
    "missing without --fail": ["--silent", "--show-error", "/missing"],
    "post": ["--silent", "-H", "X-Token: a: b", "--data-binary", "@BODY", "/p"],
}


@pytest.mark.parametrize("words", CALLS.values(), ids=CALLS.keys())
def test_it_answers_as_curl_does(url, tmp_path, words):
    body = tmp_path / "body"
    body.write_bytes(b"a\nb")
    *options, path = [word.replace("BODY", str(body)) for word in words]
    got = run(STAND_IN, *options, url + path)
    if shutil.which("curl"):
        assert got == run("curl", *options, url + path)
    assert got[0] == (22 if "missing" in path and "--fail" in options else 0)


def test_the_code_is_written_and_the_body_goes_to_a_file(url, tmp_path):
    out = tmp_path / "out"
    options = ["--silent", "--output", out, "--write-out", "%{http_code}"]
    assert run(STAND_IN, *options, url + "/missing") == (0, b"404")
    assert out.read_bytes().startswith(b"GET /missing")


def test_no_server_is_curls_error():
    assert run(STAND_IN, "--silent", "--write-out", "%{http_code}", "http://127.0.0.1:1/") == (7, b"000")


def test_an_option_that_it_does_not_know_is_an_error(url):
    assert run(STAND_IN, "--location", url)[0] == 2
