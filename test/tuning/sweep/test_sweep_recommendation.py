"""What is said of a search, and the code to paste."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path

import pytest

from tuning.sweep.confirmation import Confirmation
from tuning.sweep.environment import Machine
from tuning.sweep.grid import Candidate
from tuning.sweep.noise import MINIMUM_GAIN, compare
from tuning.sweep.recommendation import Recommendation, recommend, typescript
from tuning.sweep.report import Facts, build
from tuning.sweep.search import Outcome
from tuning.sweep.settings import Batching, Settings
from tuning.sweep.trial import Trial
from tuning.sweep.window import Window, percentile

BEST = Settings(processes=2, bf16_fast_math=False, batching=Batching(8, 5000))


def windows(*throughputs: float, busy: float = 0.2) -> list[Window]:
    return [Window(throughput, [5.0, 6.0, 9.0], busy=busy) for throughput in throughputs]


def outcome(*levels: float, busy: float = 0.2) -> Outcome:
    default = Trial(Candidate(Settings()), "measured", "", windows(95), windows(100, 101, 99, 100, 100))
    best = Trial(Candidate(BEST), "measured", "", windows(400), windows(*levels, busy=busy))
    skipped = Trial(Candidate(Settings(processes=4)), "skipped", "no time")
    verdicts = {1: compare(best.paired, default.paired)}
    return Outcome([default, best, skipped], Confirmation(5, verdicts), 1.01, 0.02, 5.0, 40.0)


def test_the_confirmation_decides_and_not_the_lucky_search():
    found = recommend(outcome(124, 125, 126, 125, 125), None)
    assert found.best == 1
    assert found.gain == pytest.approx(1.25, abs=0.01)
    assert "125 examples/s, 1.25 × the default's 100" in found.text
    assert "p99 latency of 9 ms instead of 9 ms" in found.text
    assert recommend(outcome(101, 102, 100, 101, 101), None).best == 0


def test_a_small_gain_is_none_however_sure():
    sure = compare(windows(101, 101, 101), windows(100, 100, 100))
    assert sure.threshold == MINIMUM_GAIN
    assert not sure.is_gain
    assert compare(windows(103, 103, 103), windows(100, 100, 100)).is_gain


def test_a_large_gain_that_scatters_is_none():
    assert not compare(windows(60, 180, 140), windows(100, 100, 100)).is_gain
    assert not compare(windows(300), windows(100)).is_gain


def test_pairs_are_compared_and_not_sums():
    """Both became slower in the middle: together, which says nothing against the candidate."""
    assert compare(windows(120, 60, 61, 119), windows(100, 50, 51, 100)).is_gain


def test_busy_clients_are_told_of():
    assert "The clients used a whole CPU" in recommend(outcome(124, 125, 126, 125, 125, busy=0.97), None).text


def test_percentiles_are_nearest_ranks():
    window = [Window(1, [float(number) for number in range(100, 0, -1)])]
    assert (percentile(window, 0.5), percentile(window, 0.99), percentile(window, 1)) == (50, 99, 100)
    assert percentile([Window(1)], 0.99) is None


def test_the_code_to_paste_is_the_options():
    """Read by a real JavaScript engine and a real shell."""
    document = Recommendation(1, 1.25, BEST, "text").document()
    options = BEST.serving_options()
    assert document["servingOptions"] == options
    script = f"console.log(JSON.stringify({{ {document['typescript']} }}.serving))"
    done = subprocess.run(["node", "-e", script], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == options
    flag, context = shlex.split(document["context"])
    assert flag == "-c"
    assert json.loads(context.removeprefix("serving=")) == options
    assert typescript({"processes": 2}) == "{ processes: 2 }"


def test_the_defaults_are_no_code():
    document = Recommendation(0, 1.0, Settings(), "text").document()
    assert (document["servingOptions"], document["typescript"], document["context"]) == ({}, "", "")


def test_the_report_agrees_with_itself(tmp_path: Path):
    result = outcome(124, 125, 126, 125, 125)
    facts = Facts(
        "wheel", None, Machine(4, False, {1: 4, 2: 2, 4: 1}), {"kind": "model"}, 8, 120.0, 99.0, None, {1: 2}
    )
    report = build(result, recommend(result, None), facts)
    json.dumps(report, allow_nan=False)
    default, best = (report["candidates"][report[name]] for name in ("default", "best"))
    assert report["gain"] == pytest.approx(best["throughput"] / default["throughput"], abs=1e-3)
    assert best["settings"] == {
        "processes": 2,
        "intraOpThreads": 2,
        "interOpThreads": 1,
        "batching": {"maxBatchSize": 8, "batchTimeoutMicros": 5000},
        "bf16FastMath": False,
    }
    assert default["settings"]["intraOpThreads"] == 4
    skipped = report["candidates"][2]
    assert (skipped["status"], skipped["why"], skipped["throughput"]) == ("skipped", "no time", None)
    assert (report["exitCode"], report["applied"], report["noise"]["rounds"]) == (0, None, 5)
