"""How the emulator starts and ends."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlparse

from embedded_aws import ROOT, start, stop


def test_says_where_it_answers_and_ends_on_sigterm():
    process, ready = start("rehearsal.aws", "--region", "eu-central-1")
    assert urlparse(ready["endpoint"]).hostname == "localhost"
    assert (ready["account"], ready["region"]) == ("123456789012", "eu-central-1")
    assert stop(process) == 0
    with socket.socket() as free:
        assert free.connect_ex(("127.0.0.1", urlparse(ready["endpoint"]).port)) != 0


def test_listens_on_loopback_only(aws):
    port = urlparse(aws.endpoint).port
    # 4th column of the kernel's table is the state, 0A is LISTEN; addresses are little-endian hex.
    lines = Path("/proc/net/tcp").read_text().splitlines() + Path("/proc/net/tcp6").read_text().splitlines()
    listening = [line.split()[1] for line in lines[1:] if line.split()[3] == "0A"]
    assert [entry for entry in listening if entry.endswith(f":{port:04X}")] == [f"0100007F:{port:04X}"]


def test_leaves_no_orphan_when_its_parent_is_killed():
    child = "import subprocess, sys, time; p = subprocess.Popen([sys.executable, '-m', 'rehearsal.aws']); "
    command = [sys.executable, "-c", child + "print(p.pid, flush=True); time.sleep(60)"]
    parent = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    pid = int(parent.stdout.readline())
    try:
        assert parent.stdout.readline().startswith("{")
        parent.send_signal(signal.SIGKILL)
        parent.wait(5)
        deadline = time.monotonic() + 5
        while alive(pid) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not alive(pid)
    finally:
        parent.kill()
        if alive(pid):
            os.kill(pid, signal.SIGKILL)


def alive(pid: int) -> bool:
    """Whether a process runs; a zombie, which no one may have reaped yet, does not."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
