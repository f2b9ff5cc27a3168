from __future__ import annotations

import json
from pathlib import Path

import pytest

from tuning.benchmark.summary import DamagedLog, parse, read, read_detail

SUMMARIES = Path(__file__).with_name("summaries")


def summary(name: str) -> str:
    return (SUMMARIES / f"{name}.txt").read_text()


@pytest.mark.parametrize(
    ("name", "scenario", "valid", "throughput"),
    [
        ("v6.0.17-SingleStream", "SingleStream", False, 429.71),
        ("v6.0.17-Offline", "Offline", False, 432.637),
        ("v6.0.17-Server", "Server", False, 188.71),
        ("v2.0-SingleStream", "SingleStream", True, 429.71),
        ("v2.0-Offline", "Offline", False, 57.6),
    ],
)
def test_verdict_and_throughput(name, scenario, valid, throughput):
    read = parse(summary(name))
    assert (read.scenario, read.valid, read.throughput()) == (scenario, valid, throughput)


@pytest.mark.parametrize("file", sorted(SUMMARIES.glob("*.txt")), ids=lambda file: file.stem)
def test_every_field_is_kept(file: Path):
    text = file.read_text()
    lines = [line for line in text.splitlines() if ":" in line and not line.startswith(" * ")]
    headings = [line for line in lines if line in ("Recommendations:", "Early Stopping Result:")]
    fields = parse(text).fields
    assert len(fields) == len(lines) - len(headings) > 10
    for line in lines:
        if line not in headings:
            name, _, value = line.partition(":")
            assert fields[name.strip()] == value.strip()


def test_reasons_say_what_loadgen_says():
    assert parse(summary("v6.0.17-Server")).reasons == {
        "Min duration": "Increase the target QPS so the loadgen pre-generates more queries.",
        "Early stopping": "Run unsuccessful. Processed 288 queries. Would need to run at least 171 more "
        "queries, with the run being successful if every additional query were under latency.",
    }
    assert parse(summary("v2.0-SingleStream")).reasons == {}


def test_all_constraints_at_once_keep_their_own_reasons():
    text = summary("v6.0.17-Server").replace("satisfied : Yes", "satisfied : NO").replace(
        "Recommendations:\n",
        "Recommendations:\n * Reduce target QPS to improve latency.\n"
        " * The test exited early, before enough queries were issued.\n   See the detailed log for why.\n",
    )  # fmt: skip
    reasons = parse(text).reasons
    assert reasons["Performance constraints"] == "Reduce target QPS to improve latency."
    assert reasons["Min queries"].endswith("queries were issued. See the detailed log for why.")
    assert reasons["Min duration"].startswith("Increase the target QPS so")


def test_latencies_are_milliseconds():
    latency = parse(summary("v2.0-SingleStream")).latency()
    assert latency == {
        "mean": 2.317689, "min": 2.099355, "max": 18.31659, "p50": 2.160029, "p90": 2.213338,
        "p95": 2.819172, "p97": 3.942018, "p99": 6.240298, "p999": 18.31659,
    }  # fmt: skip


def test_what_the_summary_lacks_comes_from_the_detailed_log(tmp_path: Path):
    def line(key: str, value: object, error: bool = False) -> str:
        return ":::MLLOG " + json.dumps({"key": key, "value": value, "metadata": {"is_error": error}})

    (tmp_path / "mlperf_log_detail.txt").write_text(
        "\n".join(
            [
                line("result_99.00_percentile_latency_ns", 7_000_000),
                line("error_runtime", "Ran out of generated queries", error=True),
                "no line of the log",
                line("result_50.00_percentile_latency_ns", 3_000_000)[:-20],
            ]
        )
    )
    detail, errors = read_detail(tmp_path)
    latency = parse(summary("v2.0-Offline")).latency(detail)
    assert (latency["p99"], latency["p50"], latency["mean"]) == (7.0, None, 214_000.0)
    assert errors == ["Ran out of generated queries"]


def test_errors_are_counted_and_warnings_are_not():
    assert [parse(summary(f"v6.0.17-{name}")).errors for name in ("SingleStream", "Offline")] == [1, 0]
    assert parse(summary("v2.0-Offline")).errors == 3


def test_the_spelling_of_older_logs():
    assert (
        parse(summary("v2.0-SingleStream").replace(": SingleStream", ": Single Stream")).scenario
        == "SingleStream"
    )


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda text: "", "has no line 'Result is'"),
        (lambda text: text[: text.index("Result is")], "has no line 'Result is'"),
        (lambda text: text.replace("INVALID", "IN"), "says 'Result is : IN'"),
        (lambda text: text.replace("Result is : INVALID", "Result is : "), "says 'Result is : '"),
        (lambda text: text.replace("Scenario : ", "Scenery : "), "does not name its scenario"),
    ],
)
def test_a_damaged_summary_is_no_result(damage, says):
    with pytest.raises(DamagedLog, match=f"^folder/summary {says}.*\\.$"):
        parse(damage(summary("v6.0.17-Server")), "folder/summary")


def test_a_figure_that_is_no_number_is_no_figure():
    text = summary("v2.0-Offline")
    with pytest.raises(DamagedLog, match="'Samples per second' with 'nan'"):
        parse(text.replace("57.6", "nan")).throughput()
    with pytest.raises(DamagedLog, match="no throughput for Offline"):
        parse(text.replace("Samples per second", "Pamples")).throughput()
    with pytest.raises(DamagedLog, match="'Mean latency \\(ns\\)' with '-'"):
        parse(text.replace("214000000000", "-")).latency()


def test_no_summary_at_all(tmp_path: Path):
    with pytest.raises(DamagedLog, match=r"mlperf_log_summary\.txt cannot be read \(No such file"):
        read(tmp_path)
    assert read_detail(tmp_path) == ({}, [])
