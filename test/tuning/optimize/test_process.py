"""The conversation with a worker: it ends, whatever the worker or what it starts does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tuning.optimize import process
from tuning.refusal import Refusal

# A worker without TensorFlow, by the loop of the real one. `heir` starts what reads standard input and holds
# every descriptor that it is given.
WORKER = """
import os, subprocess, sys
from tuning.optimize.worker import claim, obey

def heir(tell):
    # Even by a descriptor that it was not meant to have.
    os.set_inheritable(int(sys.argv[-1]), True)
    subprocess.Popen(["sh", "-c", "cat >/dev/null; sleep 600"], close_fds=False)

def progress(count, tell):
    for number in range(count):
        tell(number)
    return "x" * count

def full(tell):
    raise OSError(28, "No space left on device", "/file")

commands = {"heir": heir, "progress": progress, "full": full, "die": lambda tell: os._exit(3),
            "echo": lambda value, tell: value, "bug": lambda tell: 1 / 0}
obey(commands, *claim(int(sys.argv[-1])))
"""


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    script = tmp_path / "worker.py"
    script.write_text(WORKER)
    popen = subprocess.Popen

    def start(command: list[str], **options: object) -> subprocess.Popen:
        assert command[1:3] == ["-m", "tuning.optimize.worker"]
        return popen([sys.executable, str(script), *command[3:]], **options)

    monkeypatch.setattr(subprocess, "Popen", start)
    with process.worker({}) as one:
        yield one


def test_commands_are_answered_one_after_the_other(worker):
    told: list[int] = []
    assert worker.ask("progress", told.append, count=70_000) == "x" * 70_000
    assert told == list(range(70_000))
    assert worker.ask("echo", value="ä\n" * 50_000) == "ä\n" * 50_000
    with pytest.raises(OSError, match="No space left") as full:
        worker.ask("full")
    assert full.value.filename == "/file"
    with pytest.raises(Refusal, match=r"^TensorFlow could not go on: division by zero\.$"):
        worker.ask("bug")
    assert worker.ask("echo", value=[1]) == [1]


def test_what_it_starts_takes_no_command_and_keeps_nobody_waiting(worker):
    worker.ask("heir")
    for number in range(20):
        assert worker.ask("echo", value=number) == number
    with pytest.raises(
        Refusal, match=r"^The process for 'die' ended with code 3; standard error says more\.$"
    ):
        worker.ask("die")


def test_two_at_a_time_do_not_hold_each_others_pipes(worker, tmp_path: Path):
    with process.worker({}) as other:
        other.ask("echo", value=1)
        with pytest.raises(Refusal, match="'die' ended with code 3"):
            worker.ask("die")
        assert other.ask("echo", value=2) == 2
    assert other._process.returncode == -9
