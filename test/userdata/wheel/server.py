"""A model server process, started as the instance starts it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = ROOT / "userdata" / "wheel"
_START_SECONDS = 90


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def command(port: int, name: str, base_path: Path | str, *flags: str) -> list[str]:
    return [
        sys.executable, "-m", "model_server", "--address=127.0.0.1", f"--rest_api_port={port}",
        f"--model_name={name}", f"--model_base_path={base_path}", *flags,
    ]  # fmt: skip


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(PACKAGE), "PYTHONDONTWRITEBYTECODE": "1"}


def wait_for(condition: Callable[[], object], seconds: float, what: str):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if result := condition():
            return result
        time.sleep(0.1)
    raise AssertionError(f"no {what} within {seconds} s")


class Server:
    def __init__(self, name: str, base_path: Path, log: Path, *flags: str):
        self.name = name
        self.port = free_port()
        self.log = log
        with log.open("wb") as stream:
            self.process = subprocess.Popen(
                command(self.port, name, base_path, *flags), env=environment(), stderr=stream
            )
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=60)

    def predict(self, body: object, suffix: str = "") -> httpx.Response:
        return self.http.post(f"/v1/models/{self.name}{suffix}:predict", json=body)

    def states(self) -> dict[str, dict]:
        """Version to its status, empty while there is none."""
        try:
            answer = self.http.get(f"/v1/models/{self.name}")
        except httpx.TransportError:
            assert self.process.poll() is None, f"the server ended: {self.logged()}"
            return {}
        return {entry["version"]: entry for entry in answer.json().get("model_version_status", [])}

    def wait_until_listening(self) -> None:
        """Whatever the model's state."""

        def answers():
            try:
                return self.http.get(f"/v1/models/{self.name}")
            except httpx.TransportError:
                return None

        wait_for(answers, _START_SECONDS, "answer")

    def wait_for_state(self, version: str, state: str, repaired: bool = False) -> dict:
        """repaired: the version may have failed to load before."""
        def reached():
            entry = self.states().get(version)
            if state == "AVAILABLE" and not repaired and entry and entry["status"]["error_code"] != "OK":
                raise AssertionError(f"version {version} failed to load: {entry}")
            return entry if entry and entry["state"] == state else None

        return wait_for(reached, _START_SECONDS, f"version {version} {state}")

    def logged(self) -> str:
        return self.log.read_text(errors="replace")

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


@contextlib.contextmanager
def running(name: str, base_path: Path, log: Path, *flags: str) -> Iterator[Server]:
    server = Server(name, base_path, log, *flags)
    try:
        yield server
    finally:
        server.http.close()
        if server.process.poll() is None:
            server.process.terminate()
            try:
                server.process.wait(15)
            except subprocess.TimeoutExpired:
                server.process.kill()
                server.process.wait()
