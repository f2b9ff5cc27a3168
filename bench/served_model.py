"""The wheel's model server with a model, for the scripts that measure something beside it."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
PACKAGE = _ROOT / "userdata" / "wheel"
DEMO_MODEL = str(_ROOT / ".cache" / "demo-model")
CPUS = len(os.sched_getaffinity(0))


@contextlib.contextmanager
def served_model(model: str, processes: int) -> Iterator[tuple[int, int]]:
    """The model server as `demo` on loopback: its port and process id."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    flags = {
        "rest_api_port": port,
        "address": "127.0.0.1",
        "model_name": "demo",
        "model_base_path": model,
        "tensorflow_intra_op_parallelism": CPUS,
        "tensorflow_inter_op_parallelism": 1,
        "processes": processes,
    }
    server = subprocess.Popen(
        [sys.executable, "-m", "model_server", *(f"--{name}={value}" for name, value in flags.items())],
        env={**os.environ, "PYTHONPATH": str(PACKAGE)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_until_available(server, port)
        yield port, server.pid
    finally:
        server.terminate()
        server.wait(30)


def _wait_until_available(server: subprocess.Popen, port: int) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end and server.poll() is None:
        with contextlib.suppress(OSError):
            url = f"http://127.0.0.1:{port}/v1/models/demo"
            with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - loopback
                if b'"AVAILABLE"' in answer.read():
                    return
        time.sleep(0.2)
    raise SystemExit("the model server did not come up")
