"""test_wheel.py on a real TensorFlow, and progress.py on what bazel says."""

from __future__ import annotations

import importlib.util
import io
import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from wheel_instance import ROOT

RUNBOOK = ROOT / "runbooks" / "build-wheel"


def judged(tmp_path: Path, *arguments: str) -> tuple[int, dict[str, tuple[str, str]]]:
    report = tmp_path / "rows.json"
    script = [sys.executable, RUNBOOK / "test_wheel.py", "--work", tmp_path / "work", "--report", report]
    done = subprocess.run([*script, *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    rows = {row["id"]: (row["status"], row["evidence"]) for row in json.loads(report.read_text())}
    assert all(f"{status:7} {identifier}" in done.stdout for identifier, (status, _) in rows.items()), done
    return done.returncode, rows


def test_the_official_wheel_of_this_machine_fails_for_want_of_acl_alone(tmp_path):
    """On x86-64: oneDNN is on, and nothing is the Arm Compute Library's."""
    installed = version("tensorflow-cpu")
    status, rows = judged(tmp_path, "--python", sys.executable, "--release", installed)
    acl = rows.pop("wheel.acl")
    assert acl[0] == "FAIL" and acl[1].startswith("0% of the time") and status == 1
    assert {identifier: row[0] for identifier, row in rows.items()} == {
        "wheel.import": "PASS", "wheel.version": "PASS", "wheel.answers": "PASS", "backend.onednn": "PASS",
        "kernels.reference": "PASS",
    }  # fmt: skip
    assert rows["backend.onednn"][1].startswith("oneDNN ")
    # It is asked for so much that all layers count.
    assert "none in 3 convolutions" in rows["kernels.reference"][1]


def test_a_python_without_tensorflow(tmp_path):
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    status, rows = judged(tmp_path, "--python", "venv/bin/python", "--release", "2.16.1")
    assert status == 1 and list(rows) == ["wheel.import"]
    assert rows["wheel.import"][1].endswith("ModuleNotFoundError: No module named 'tensorflow'")


@pytest.fixture
def progress():
    spec = importlib.util.spec_from_file_location("progress", RUNBOOK / "progress.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_two_days_of_progress_fit_into_what_run_command_keeps(progress, capsys):
    seconds = iter(range(0, 400_000))
    lines = [b"[%d / 99,999] Compiling a.cc\n" % number for number in range(172_800)]
    progress.main(io.BytesIO(), lines, clock=lambda: next(seconds))
    out = capsys.readouterr().out
    assert len(out) < 20_000 and len(out.splitlines()) <= 251
    # A line a minute at first.
    assert [line.split("actions, ")[1] for line in out.splitlines()[:3]] == ["0 min", "1 min", "2 min"]


def test_everything_is_in_the_file_and_errors_are_shown(progress, capsys):
    file = io.BytesIO()
    failed = b"ERROR: BUILD:1:1: failed: (Exit 1)\n"
    lines = [b"Analyzing\n", b"[0 / 1] checking cached actions\n", failed, b"\xff\n"]
    progress.main(file, lines)
    assert file.getvalue() == b"".join(lines)
    out = capsys.readouterr().out.splitlines()
    assert out[0].startswith("  0 %  0 of 1 actions") and out[1] == "ERROR: BUILD:1:1: failed: (Exit 1)"
