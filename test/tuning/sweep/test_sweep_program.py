"""python -m tuning.sweep as it is run: what it prints, what it refuses, and how it ends when told to."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from test_sweep_servers import started_from


@pytest.fixture
def start(program_environment: dict[str, str], tmp_path: Path):
    folder = tmp_path / "temporary"
    folder.mkdir()
    running: list[subprocess.Popen[str]] = []

    def begin(*options: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "tuning.sweep", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**program_environment, "TMPDIR": str(folder)},
        )
        running.append(process)
        return process

    yield begin
    for process in running:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    ("number", "status", "during"), [(signal.SIGTERM, 143, "progress"), (signal.SIGINT, 130, "step")]
)
def test_told_to_end_it_leaves_nothing(
    start, stand_in, base_path: Path, tmp_path: Path, number, status: int, during: str
):
    """While servers are measured, and while the requests are made."""
    # Its servers compute nothing: they are started, measured and ended as others are.
    python = stand_in(**{"": {"seconds": 0.002}})
    report = tmp_path / "report.json"
    process = start(f"--model={base_path}", f"--report={report}", f"--python={python}")
    for line in process.stdout:
        if json.loads(line)["event"] == during:
            break
    assert list((tmp_path / "temporary").iterdir())
    assert bool(started_from(tmp_path / "temporary")) or during == "step"
    process.send_signal(number)
    rest, errors = process.communicate(timeout=60)
    assert process.returncode == status, errors[-2000:]
    assert all(json.loads(line)["event"] != "report" for line in rest.splitlines())
    assert not report.exists()
    assert not started_from(tmp_path / "temporary")
    assert list((tmp_path / "temporary").iterdir()) == []
    assert "Traceback" not in errors


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--seconds=0"], "--seconds: got '0', expected a number above 0"),
        (["--clients=0"], "--clients: got '0', expected a whole number from 1 to 4096"),
        (["--model-name=a/b"], "--model-name: got 'a/b', expected a name without / and :"),
        (["--runtime=container"], "--image is missing; --runtime container needs one"),
        (["--root=/nowhere"], "no stack of ours booted this machine"),
        (["--report=/nowhere/report.json"], "--report: the folder /nowhere must exist"),
        (["--max-latency=fast"], "--max-latency: got 'fast', expected a number"),
    ],
)
def test_bad_input_gets_one_sentence(start, tmp_path: Path, options: list[str], sentence: str):
    process = start(f"--model={tmp_path}", *options)
    output, _ = process.communicate(timeout=60)
    refusal = json.loads(output.splitlines()[-1])
    assert (process.returncode, refusal["event"]) == (2, "refusal")
    assert sentence in refusal["reason"]
    assert refusal["reason"].endswith(".")
