"""Processes that tell us things by lines, and end in every way that a process can."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tuning import child

# A grandchild that has the pipe, and outlives the process by far.
HEIR = "import subprocess; subprocess.Popen(['sleep', '600'])\n"


@contextlib.contextmanager
def started(code: str) -> Iterator[tuple[subprocess.Popen, child.Lines]]:
    process = subprocess.Popen(
        [sys.executable, "-S", "-c", code], stdout=subprocess.PIPE, start_new_session=True
    )
    try:
        yield process, child.Lines(process, process.stdout)
    finally:
        child.kill(process)
        process.stdout.close()


def read(lines: child.Lines) -> list[bytes]:
    """Fails where reading never ends, instead of waiting for it."""
    found: list[bytes] = []
    reader = threading.Thread(target=lambda: found.extend(lines), daemon=True)
    reader.start()
    reader.join(60)
    assert not reader.is_alive()
    return found


def session_of(process: subprocess.Popen) -> list[str]:
    """What lives of the session that the process led."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = entry.read_text().rpartition(")")[2].split()
            if fields[3] == str(process.pid) and fields[0] != "Z":
                found.append(entry.parent.name)
    return found


def test_lines_of_all_lengths_until_its_end():
    with started("print('one'); print('x' * 300_000); print(); print('half', end='')") as (process, lines):
        assert read(lines) == [b"one\n", b"x" * 300_000 + b"\n", b"\n"]
        assert child.exit_code(process) == 0


def test_lines_end_with_the_process_though_what_it_started_holds_the_pipe():
    with started(HEIR + "print('last')") as (process, lines):
        assert read(lines) == [b"last\n"]
        assert child.exit_code(process) == 0
    end = time.monotonic() + 60
    while session_of(process) and time.monotonic() < end:
        time.sleep(0.02)
    assert session_of(process) == []


def test_a_line_is_there_as_soon_as_it_is_written():
    with started("import time\nprint('first', flush=True)\ntime.sleep(600)") as (process, lines):
        assert next(lines) == b"first\n"
        assert not child.has_ended(process)


def test_a_signal_that_comes_just_before_the_wait_is_noticed_in_it(monkeypatch: pytest.MonkeyPatch):
    """The handler in C has run before the call into the kernel, so that nothing interrupts the call."""

    class Told(Exception):
        pass

    def tell(*_: object) -> None:
        raise Told

    class Poll:
        def poll(self, milliseconds: float) -> list:
            # Not unblocked until the wait is over: as if it had come before it.
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
            signal.raise_signal(signal.SIGUSR1)
            assert 0 < milliseconds <= 1000
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGUSR1})
            return []

    before = signal.signal(signal.SIGUSR1, tell)
    try:
        with started("import time; time.sleep(600)") as (_, lines):
            lines._poll = Poll()
            with pytest.raises(Told):
                next(lines)
    finally:
        signal.signal(signal.SIGUSR1, before)


@pytest.mark.parametrize(
    ("code", "number", "sentence"),
    [
        ("raise SystemExit(7)", 7, "It ended with code 7; standard error says more."),
        ("import os; os.abort()", -6, "It ended by SIGABRT; standard error says more."),
        ("import os; os.kill(0, 9)", -9, "It was killed: this machine may be out of memory."),
    ],
)
def test_how_it_ended(code: str, number: int, sentence: str):
    with started(code) as (process, lines):
        assert read(lines) == []
        assert child.exit_code(process) == number
    assert child.end_of("It", number) == sentence


def test_one_that_closes_its_pipe_and_stays_is_killed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(child, "_END_SECONDS", 0.1)
    with started("import os, time; os.close(1); time.sleep(600)") as (process, lines):
        assert read(lines) == []
        assert child.exit_code(process) == -signal.SIGKILL


def test_it_ends_when_its_parent_is_killed():
    inner = (
        "import os, sys, time; from tuning import child; child.end_with(int(sys.argv[1])); "
        "print(os.getpid(), flush=True); time.sleep(600)"
    )
    outer = (
        "import os, subprocess, sys; "
        f"subprocess.Popen([sys.executable, '-c', {inner!r}, str(os.getpid())]).wait()"
    )
    root = str(Path(__file__).resolve().parents[2])
    process = subprocess.Popen([sys.executable, "-c", outer], stdout=subprocess.PIPE, cwd=root)
    inner_id = int(process.stdout.readline())
    process.kill()
    process.wait()
    process.stdout.close()
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            if Path(f"/proc/{inner_id}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
                time.sleep(0.02)
                continue
        break
    else:
        raise AssertionError("it lives")


def test_one_whose_parent_is_gone_already_does_not_begin():
    code = "from tuning import child; child.end_with(1 << 30); print('begun')"
    root = str(Path(__file__).resolve().parents[2])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=root, check=False)
    assert (done.returncode, done.stdout) == (1, b"")
