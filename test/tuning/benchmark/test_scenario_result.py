from __future__ import annotations

from pathlib import Path

import pytest

from tuning.benchmark.load_test import Outcome
from tuning.benchmark.plan import Plan, shortened_by
from tuning.benchmark.scenario_result import distribution, over_time, scenario_result

SUMMARIES = Path(__file__).with_name("summaries")
SECOND = 10**9


def logs(folder: Path, name: str, *replaced: tuple[str, str]) -> Path:
    text = (SUMMARIES / f"{name}.txt").read_text()
    for old, new in replaced:
        assert old in text
        text = text.replace(old, new)
    (folder / "mlperf_log_summary.txt").write_text(text)
    return folder


def outcome(seconds: float, samples: int, errors: int = 0) -> Outcome:
    """Samples one after the other over so many seconds."""
    step = int(seconds * SECOND / samples)
    answered = [(number * step, (number + 1) * step, 1) for number in range(samples)]
    return Outcome(answered, errors, "http://h answered HTTP 500: no." if errors else "", ended=True)


def test_a_whole_run_that_loadgen_calls_valid_is_valid(tmp_path: Path):
    result = scenario_result(
        Plan("SingleStream", 600.0), outcome(601, 1000), logs(tmp_path, "v2.0-SingleStream")
    )
    assert (result["valid"], result["why"], result["throughput"]) == (True, [], 429.71)
    assert (result["latencyFrom"], result["latency"]["p99"]) == ("LoadGen", 6.240298)
    assert result["summary"]["90th percentile latency (ns)"] == "2213338"


def test_a_shortened_run_is_not_valid_even_if_loadgen_says_so(tmp_path: Path):
    plan = Plan("SingleStream", 10.0, shortened_by(10.0, 0))
    result = scenario_result(plan, outcome(10.1, 1000), logs(tmp_path, "v2.0-SingleStream"))
    assert result["valid"] is False
    assert result["why"] == ["Min duration not satisfied: 10.1 s of 600 s, shortened by --time 10."]


def test_offline_needs_its_samples(tmp_path: Path):
    valid = ("INVALID", "VALID"), ("satisfied : NO", "satisfied : Yes")
    plan = Plan("Offline", 600.0)
    few = scenario_result(plan, outcome(601, 24_575), logs(tmp_path, "v2.0-Offline", *valid))
    assert (few["valid"], few["why"]) == (False, ["Min samples not satisfied: 24,575 samples of 24,576."])
    enough = scenario_result(plan, outcome(601, 24_576), logs(tmp_path, "v2.0-Offline", *valid))
    assert (enough["valid"], enough["why"], enough["latencyFrom"]) == (True, [], "requests")


def test_one_failed_sample_spoils_the_run(tmp_path: Path):
    done = outcome(601, 1000, errors=1)
    result = scenario_result(Plan("SingleStream", 600.0), done, logs(tmp_path, "v2.0-SingleStream"))
    assert (result["valid"], result["errors"]) == (False, 1)
    assert result["why"] == ["1 of 1,001 samples failed: http://h answered HTTP 500: no."]
    # LoadGen's own would have the failed one in it.
    assert result["throughput"] == pytest.approx(1000 / 601) and result["latencyFrom"] == "requests"


def test_a_loadgen_that_was_left_behind_gives_no_figures_of_its_own(tmp_path: Path):
    done = Outcome([(0, SECOND, 1)], 20, "no.", ended=False)
    result = scenario_result(Plan("Server", 600.0), done, tmp_path)
    assert (result["valid"], result["summary"], result["errors"], result["samples"]) == (False, {}, 20, 1)
    assert result["why"][-1].startswith("LoadGen was stopped")


def test_what_loadgen_found_wrong_is_told_once_and_our_own_limits_are_no_news(tmp_path: Path):
    folder = logs(tmp_path, "v6.0.17-Server")
    errors = [
        "IssueQueryThread 0 Ending early: Max test duration reached. duration_ns 15",
        "Ran out of queries",
    ]
    (folder / "mlperf_log_detail.txt").write_text(
        "".join(
            f':::MLLOG {{"key": "error_runtime", "value": "{error}", "metadata": {{"is_error": true}}}}\n'
            for error in [*errors, errors[1]]
        )
    )
    result = scenario_result(Plan("Server", 1.5, "--time 1.5"), outcome(1.5, 288), folder)
    assert [reason.split(":")[0] for reason in result["why"]] == [
        "Min duration not satisfied", "Early stopping not satisfied", "LoadGen",
    ]  # fmt: skip


def test_distribution_is_the_share_that_took_no_longer():
    points = distribution([number * 10**6 for number in range(1, 1001)])
    assert len(points) == 60 and points[-1] == [1000.0, 1.0]
    assert all(milliseconds / 1000 == share for milliseconds, share in points)
    assert distribution([2_000_000, 1_000_000]) == [[1.0, 0.5], [2.0, 1.0]]
    assert distribution([]) == []


@pytest.mark.parametrize(("seconds", "points"), [(0.4, 1), (2.5, 3), (59.5, 60), (600, 60)])
def test_over_time_counts_every_sample_once(seconds: float, points: int):
    rows = over_time(outcome(seconds, 1200).answered)
    assert len(rows) == points
    starts = [second for second, _ in rows] + [seconds]
    counted = sum(
        rate * (after - start) for (_, rate), start, after in zip(rows, starts[:-1], starts[1:], strict=True)
    )
    assert counted == pytest.approx(1200, rel=1e-3)
    assert over_time([]) == []


def test_shortened_by_names_the_options():
    assert shortened_by(None, 0) == shortened_by(600, 0) == shortened_by(900.0, 0) == ""
    assert shortened_by(1.5, 20) == "--time 1.5 and --count 20"
