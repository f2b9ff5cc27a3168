from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tuning.sweep import environment
from tuning.sweep.apply.instance import FILES, Instance
from tuning.sweep.servers.server import model_status, model_url
from tuning.sweep.settings import DEFAULT_VARIABLES

ROOT = Path(__file__).resolve().parents[4]
SUPERVISOR = ROOT / "rehearsal/instance/supervisor.py"


class Booted:
    """A folder that a boot has left, with its units under the rehearsal's supervisor."""

    def __init__(self, root: Path, port: int):
        self.root = root
        self.url = model_url(port, "small")
        self.instance = Instance(root, root / "opt/graviton-tf", str(SUPERVISOR), self.url)

    def files(self) -> dict[str, str]:
        """Everything below etc/graviton-tf, by name."""
        etc = self.root / "etc/graviton-tf"
        return {str(p.relative_to(etc)): p.read_text() for p in etc.rglob("*") if p.is_file()}

    def serving(self) -> dict[str, str]:
        return environment.read_lines(self.root)

    def restarted_with(self) -> str:
        """The server's own words of its last start."""
        return (self.root / "var/log/journal/graviton-tf.service.log").read_text()

    def watch(self) -> None:
        """One look of the watchdog."""
        script = self.root / "opt/graviton-tf/serve/health.sh"
        done = subprocess.run(
            ["bash", str(script)],
            env={**os.environ, **self.instance.variables()},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def misses(self) -> str:
        with contextlib.suppress(FileNotFoundError):
            return (self.root / "run/graviton-tf/misses").read_text().strip()
        return "0"


@pytest.fixture
def boot(
    tmp_path: Path, base_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], Booted]]:
    """Boots with a Python for the model server: this one, or the stand-in's."""
    with contextlib.ExitStack() as stack:

        def make(python: str = sys.executable) -> Booted:
            root = tmp_path / "instance"
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                port = probe.getsockname()[1]
            _furnish(root, base_path, python)
            variables = {
                **DEFAULT_VARIABLES,
                "GTF_ROOT": str(root),
                "GTF_RUNTIME": "wheel",
                "GTF_REST_PORT": str(port),
                "GTF_MODEL_NAME": "small",
                "GTF_LISTEN_ADDRESS": "127.0.0.1",
                "GTF_READY_TIMEOUT_SECONDS": "90",
                "GTF_SUPERVISOR": str(SUPERVISOR),
            }
            environment.write(root / "opt/graviton-tf", root, variables)
            monkeypatch.setenv("GTF_ROOT", str(root))
            daemon = subprocess.Popen(
                [sys.executable, str(SUPERVISOR), "serve"], stdout=subprocess.PIPE, text=True
            )
            stack.callback(daemon.wait)
            stack.callback(daemon.terminate)
            assert daemon.stdout.readline() == "ready\n"
            booted = Booted(root, port)
            booted.instance.restart()
            assert model_status(booted.url) == "AVAILABLE"
            assert set(booted.files()) <= set(FILES)
            return booted

        yield make


def _furnish(root: Path, base_path: Path, python: str) -> None:
    for folder in ("opt", "etc/systemd/system", "var/lib/graviton-tf/models", "var/lib/graviton-tf/venv/bin"):
        (root / folder).mkdir(parents=True)
    (root / "opt/graviton-tf").symlink_to(ROOT / "userdata")
    (root / "var/lib/graviton-tf/models/small").symlink_to(base_path)
    unit = ROOT / "userdata/systemd/wheel"
    for file in unit.iterdir():
        shutil.copy(file, root / "etc/systemd/system" / file.name)
    program = root / "var/lib/graviton-tf/venv/bin/python"
    program.write_text(f'#!/bin/sh\nexec "{python}" "$@"\n')
    program.chmod(0o755)
