"""What a program prints: events on standard output, nothing else there, and a report that is whole."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tuning import events
from tuning.refusal import Refusal

ROOT = Path(__file__).resolve().parents[2]


def lines(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_each_event_is_a_line_of_json(capsys):
    events.step("Freeze", "Success", "210 → 160\nnodes")
    events.progress(3, 20, "…")
    events.refusal("No.")
    assert lines(capsys) == [
        {"event": "step", "name": "Freeze", "status": "Success", "text": "210 → 160\nnodes"},
        {"event": "progress", "done": 3, "total": 20, "text": "…"},
        {"event": "refusal", "reason": "No."},
    ]


def test_a_report_has_numbers_that_every_json_reader_takes(capsys):
    events.report(
        {"nan": float("nan"), "infinite": [float("inf")], "numpy": np.float32(0.5), "path": Path("a")}
    )
    assert lines(capsys) == [
        {"event": "report", "report": {"nan": None, "infinite": [None], "numpy": 0.5, "path": "a"}}
    ]


def test_a_report_replaces_its_file_at_once(tmp_path, capsys):
    file = tmp_path / "report.json"
    file.write_text("old")
    events.report({"kind": "optimization"}, file)
    assert json.loads(file.read_text()) == {"kind": "optimization"}
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]
    assert file.stat().st_mode & 0o777 == 0o644


def test_a_report_that_cannot_be_written_is_printed_all_the_same(tmp_path, capsys):
    with pytest.raises(Refusal, match=r"^--report: .*missing/report.json cannot be written \(No such file"):
        events.report({"kind": "optimization"}, tmp_path / "missing" / "report.json")
    assert lines(capsys)[0]["report"] == {"kind": "optimization"}


def test_a_report_file_that_cannot_be_is_refused_before_the_work(tmp_path):
    with pytest.raises(Refusal, match="is a folder"):
        events.check_report_file(tmp_path)
    with pytest.raises(Refusal, match="must exist and be writable"):
        events.check_report_file(tmp_path / "missing" / "report.json")
    events.check_report_file(tmp_path / "report.json")
    events.check_report_file(None)


def test_what_others_print_goes_to_standard_error():
    text = "import os, sys; from tuning import events; events.claim_stdout(); events.step('A', 'Success');"
    text += "print('python', flush=True); os.write(1, b'oneDNN\\n')"
    done = subprocess.run([sys.executable, "-c", text], cwd=ROOT, capture_output=True, text=True, check=True)
    assert [json.loads(line)["name"] for line in done.stdout.splitlines()] == ["A"]
    assert done.stderr == "python\noneDNN\n"


def test_a_program_whose_reader_is_gone_ends_as_cancelled():
    text = "from tuning import cancellation, events; events.claim_stdout()\n"
    text += "try:\n for _ in range(100000): events.step('A', 'Success')\n"
    text += "except cancellation.Cancelled as cancelled: raise SystemExit(cancelled.exit_code)"
    process = subprocess.Popen(
        [sys.executable, "-c", text], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(20) == 141
    assert process.stderr.read() == b""
    process.stderr.close()
