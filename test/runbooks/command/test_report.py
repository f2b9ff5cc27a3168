"""The report that Run Command has to keep whole."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys

import pytest
from measured_instance import ROOT

PROGRAM = ROOT / "runbooks" / "command" / "report.py"
# Of a step's output.
KEPT = 24_000


@pytest.fixture(scope="module")
def report():
    spec = importlib.util.spec_from_file_location("command_report", PROGRAM)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def entries(value) -> int:
    """In all lists together."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return (len(value) if isinstance(value, list) else 0) + sum(entries(part) for part in parts)


def test_what_is_small_stays_as_it_is(report):
    document = {"kind": "x", "rows": list(range(100)), "omitted": 0}
    assert report.cut(json.loads(json.dumps(document))) == document


def test_ends_of_the_longest_lists_go_and_are_counted(report):
    rows = [{"name": f"kernel {n}", "shape": "mb1_ic8oc8" * 9} for n in range(400)]
    document = {
        "before": {"kernels": rows[:300]},
        "after": {"kernels": rows[:100]},
        "pair": [1, 2],
        "omitted": 3,
    }
    cut = report.cut(json.loads(json.dumps(document)))
    assert len(report.text_of(cut)) < KEPT
    # No more than has to be.
    assert len(report.text_of(cut)) > KEPT - 1000
    left = cut["before"]["kernels"]
    assert left == rows[: len(left)] and cut["pair"] == [1, 2]
    assert cut["omitted"] == 3 + entries(document) - entries(cut)


def test_other_than_ascii_counts_as_it_is_printed(report):
    cut = report.cut({"text": ["é✓" * 40 for _ in range(1000)]})
    assert report.text_of(cut).isascii() and len(report.text_of(cut)) < KEPT
    assert cut["omitted"] == 1000 - len(cut["text"]) > 0


def test_what_no_list_makes_long_is_printed_all_the_same(report):
    document = {"text": "x" * 30_000, "one": [1]}
    assert report.cut(dict(document)) == document


def test_the_step_prints_one_line_or_says_that_there_is_nothing(tmp_path):
    run = [sys.executable, PROGRAM, tmp_path]
    done = subprocess.run(run, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "There is no report: see the steps before.\n"
    (tmp_path / "report.json").write_text(json.dumps({"rows": [1, {"a": "é"}]}, indent=1))
    done = subprocess.run(run, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, '{"rows":[1,{"a":"\\u00e9"}]}\n')
