"""What a rehearsal starts ends with it, however either of them goes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import REPOSITORY, alive

LEASH = REPOSITORY / "rehearsal/leash.py"
# A daemon that has left its session and its parent, beside an ordinary child.
COMMAND = 'setsid -f sh -c "echo \\$\\$ >hidden; exec sleep 300"; sleep 300 & echo $! >child; wait'


class Leashed:
    def __init__(self, folder, command=COMMAND):
        self.folder = folder / "work"
        self.folder.mkdir()
        self.process = subprocess.Popen(
            [sys.executable, LEASH, self.folder, "bash", "-c", command],
            stdin=subprocess.PIPE,
            cwd=self.folder,
        )
        self.pids = [self._pid(name) for name in ("hidden", "child")] if command == COMMAND else []

    def _pid(self, name):
        path = self.folder / name
        deadline = time.monotonic() + 10
        while not (path.exists() and path.read_text().strip()):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return int(path.read_text())

    def all_gone(self):
        return not any(alive(pid) for pid in self.pids)


@pytest.fixture
def leashed(tmp_path):
    made = Leashed(tmp_path)
    assert all(alive(pid) for pid in made.pids)
    yield made
    made.process.kill()
    for pid in made.pids:
        if alive(pid):
            os.kill(pid, signal.SIGKILL)


def test_the_rehearsals_end_ends_everything_and_removes_the_folder(leashed):
    leashed.process.stdin.close()
    leashed.process.wait(15)
    assert leashed.all_gone()
    assert not leashed.folder.exists()


def test_end_leaves_the_folder_to_the_others(leashed):
    leashed.process.stdin.write(b"end\n")
    leashed.process.stdin.flush()
    leashed.process.wait(15)
    assert leashed.all_gone()
    assert leashed.folder.exists()


def test_kept_it_goes_on_until_sigterm(leashed):
    leashed.process.stdin.write(b"keep\n")
    leashed.process.stdin.close()
    time.sleep(0.5)
    assert all(alive(pid) for pid in leashed.pids)
    leashed.process.terminate()
    leashed.process.wait(15)
    assert leashed.all_gone()
    assert not leashed.folder.exists()


def test_a_missing_folder_ends_what_was_kept(leashed):
    leashed.process.stdin.write(b"keep\n")
    leashed.process.stdin.flush()
    leashed.folder.rename(leashed.folder.with_name("gone"))
    leashed.process.wait(15)
    assert leashed.all_gone()


def test_what_a_command_leaves_behind_ends_with_it(tmp_path):
    held = Leashed(tmp_path, "setsid -f sleep 300; exit 5")
    assert held.process.wait(15) == 5
    sleeping = subprocess.run(
        ["pgrep", "-u", str(os.getuid()), "-f", "^sleep 300$"], capture_output=True, text=True, check=False
    ).stdout.split()
    assert not [pid for pid in sleeping if str(held.folder) == str(Path(f"/proc/{pid}/cwd").readlink())]
    assert held.folder.exists()


def test_a_command_that_ignores_sigterm_is_killed(tmp_path, monkeypatch):
    held = Leashed(tmp_path, "trap '' TERM; echo $$ >pid; while :; do sleep 0.1; done")
    pid = held._pid("pid")
    held.process.terminate()
    held.process.wait(30)
    assert not alive(pid)


# Hops from child to child for a while, faster than /proc can be read, and then stays.
HOPPING = """
import os, pathlib, time
pathlib.Path("pid").write_text(str(os.getpid()))
end = time.monotonic() + 3
while time.monotonic() < end:
    if os.fork():
        os._exit(0)
os.execvp("sleep", ["sleep", "300.7"])
"""


def test_what_no_look_through_proc_can_see_ends_too(tmp_path):
    (tmp_path / "hopping.py").write_text(HOPPING)
    held = Leashed(tmp_path, f"{sys.executable} {tmp_path}/hopping.py & wait; sleep 300")
    held._pid("pid")
    held.process.terminate()
    held.process.wait(30)
    time.sleep(3)
    left = subprocess.run(
        ["pgrep", "-u", str(os.getuid()), "-f", "^sleep 300.7$"], capture_output=True, text=True, check=False
    ).stdout.split()
    assert left == []
