"""LoadGen itself, in this process: through the wheel's server, by gRPC, and against answers that fail."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import http_stand_in
import numpy as np
import pytest

from tuning.benchmark import arguments, worker
from tuning.refusal import Refusal


@pytest.fixture
def run(tmp_path: Path):
    def benchmark(*words: object, logs: str = "logs") -> dict:
        return worker.benchmark(arguments.parse([*map(str, words), "--logs", str(tmp_path / logs)]))

    return benchmark


def row(body: dict) -> tuple[int, dict]:
    return 200, {"outputs": [[2 * value + 1 for value in row] for row in body["inputs"]["x"]]}


def test_rest_from_the_metadata_of_the_server(run, wheel_server, tmp_path: Path):
    url = f"http://127.0.0.1:{wheel_server.port}/v1/models/small"
    scenarios = ("SingleStream", "Offline", "Server")
    report = run("--endpoint", url, "--scenario", *scenarios, "--time", 1, "--qps", 50, "--latency", 500)
    assert (report["kind"], report["exitCode"]) == ("benchmark", 0)
    assert (report["serving"], report["environment"]) == (None, {})
    workload = report["workload"]
    assert (workload["path"], workload["endpoint"], workload["from"]) == ("rest", url, "signature metadata")
    assert workload["performanceOnly"] is True and workload["requests"] == 8
    assert [result["scenario"] for result in report["scenarios"]] == [*scenarios]
    for result in report["scenarios"]:
        assert result["valid"] is False and "shortened by --time 1" in result["why"][0]
        # Shortened or not, it is LoadGen that says INVALID.
        assert result["summary"]["Result is"] == "INVALID"
        least = 3000 if result["scenario"] == "Server" else 600_000
        assert int(result["summary"]["min_duration (ms)"]) == least
        assert result["errors"] == 0 and result["samples"] > 5 and result["throughput"] > 0
        assert 0 < result["latency"]["p50"] <= result["latency"]["p99"] <= result["latency"]["max"]
        assert result["distribution"][-1][1] == 1.0 and len(result["overTime"]) <= 60
    single, offline, server = report["scenarios"]
    assert (server["targetQps"], server["targetLatencyMilliseconds"]) == (50, 500)
    assert single["targetQps"] is None and single["latencyFrom"] == "LoadGen"
    # The whole of a shortened Offline is one query of as many samples as fit in the time.
    assert int(offline["summary"]["samples_per_query"]) == offline["samples"]
    assert (tmp_path / "logs" / "Offline" / "mlperf_log_summary.txt").is_file()


def test_grpc_from_given_samples(run, grpc_server, tmp_path: Path):
    samples = tmp_path / "samples.json"
    samples.write_text(json.dumps({"instances": [[1, 2, 3], [4, 5, 6], [7, 8, 9]]}))
    report = run(
        "--endpoint", f"grpc://127.0.0.1:{grpc_server}/small", "--scenario", "SingleStream",
        "--count", 30, "--samples", samples,
    )  # fmt: skip
    (result,) = report["scenarios"]
    # Each row of the samples is a sample of LoadGen's.
    assert (report["workload"]["path"], report["workload"]["requests"]) == ("grpc", 3)
    assert (report["workload"]["from"], report["workload"]["performanceOnly"]) == ("samples", True)
    assert (result["samples"], result["errors"]) == (30, 0)
    assert any("shortened by --count 30" in reason for reason in result["why"])
    assert any(reason.startswith("Min queries not satisfied") for reason in result["why"])


def test_offline_joins_samples_by_the_batch(run, base_path: Path):
    with http_stand_in.answering(lambda _, body: row(body)) as (port, came):
        url = f"http://127.0.0.1:{port}/v1/models/small"
        words = ("--scenario", "Offline", "--count", 21, "--batch", 4, "--time", 0.5, "--clients", 2)
        report = run("--endpoint", url, "--model", base_path, *words)
    (result,) = report["scenarios"]
    assert (result["samples"], result["clients"], report["workload"]["batch"]) == (21, 2, 4)
    sizes = [np.shape(request["body"]["inputs"]["x"]) for request in came]
    assert sorted(sizes[-6:]) == [(1, 3)] + 5 * [(4, 3)]


def test_server_takes_a_share_of_offline_and_says_so(run, base_path: Path):
    report = run("--model", base_path, "--scenario", "Offline", "Server", "--count", 200, "--time", 0.5)
    offline, server = report["scenarios"]
    assert server["targetQps"] == pytest.approx(0.6 * offline["throughput"], rel=0.01)
    assert server["targetQpsFrom"].endswith("samples per second that Offline reached")
    assert server["targetLatencyMilliseconds"] >= 10 and server["targetLatencyFrom"]
    assert report["workload"]["path"] == "in-process" and report["serving"]["interOpThreads"] == 1


def test_a_signature_of_a_fixed_size_is_not_joined(run, base_path: Path):
    report = run(
        "--model", base_path, "--signature", "pair", "--scenario", "Offline", "--count", 5, "--time", 0.5
    )
    assert (report["workload"]["batch"], report["workload"]["signature"]) == (2, "pair")
    with pytest.raises(Refusal, match="--batch 2: signature 'pair' does not leave open"):
        run("--model", base_path, "--signature", "pair", "--batch", 2, "--scenario", "Offline", logs="others")


@pytest.fixture
def after_the_pilot(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set when LoadGen is next."""
    measured, original = threading.Event(), worker.pilot.measure

    def measure(*arguments: object, **named: object):
        looked = original(*arguments, **named)
        measured.set()
        return looked

    monkeypatch.setattr(worker.pilot, "measure", measure)
    return measured


@pytest.mark.parametrize("scenario", ["SingleStream", "Offline", "Server"])
def test_one_failure_among_many_is_counted(
    run, base_path: Path, after_the_pilot: threading.Event, scenario: str
):
    failures = iter([(500, {"error": "a bad\nmoment"})])

    def answer(count: int, body: dict):
        return next(failures, None) or row(body) if after_the_pilot.is_set() else row(body)

    with http_stand_in.answering(answer) as (port, _came):
        url = f"http://127.0.0.1:{port}/v1/models/small"
        words = ("--scenario", scenario, "Offline", "--count", 50, "--time", 1)
        report = run("--endpoint", url, "--model", base_path, *words)
    # The second scenario, if it is another one, is not started.
    (result,) = report["scenarios"]
    assert (report["exitCode"], result["errors"], result["samples"]) == (1, 1, 49)
    assert result["why"][0].startswith("1 of 50 samples failed: http://127.0.0.1:")
    assert result["why"][0].endswith("/v1/models/small answered POST with HTTP 500: a bad moment.")
    assert result["valid"] is False


@pytest.mark.parametrize("scenario", ["SingleStream", "Offline"])
def test_a_server_that_fails_for_good_is_not_asked_on(
    run, base_path: Path, after_the_pilot: threading.Event, scenario: str
):
    def answer(count: int, body: dict):
        return (503, {"error": "gone"}) if after_the_pilot.is_set() else row(body)

    with http_stand_in.answering(answer) as (port, came):
        url = f"http://127.0.0.1:{port}/v1/models/small"
        words = ("--scenario", scenario, "--count", 5000, "--time", 30)
        report = run("--endpoint", url, "--model", base_path, *words)
    (result,) = report["scenarios"]
    # LoadGen counts them as answered; we do not.
    assert report["exitCode"] == 1 and result["samples"] == 0 and result["throughput"] == 0
    assert result["latencyFrom"] == "requests" and result["latency"]["p50"] is None
    assert result["errors"] > 1000 and result["distribution"] == [] and result["overTime"] == []


def test_a_server_that_answers_nothing_is_refused_before_loadgen_starts(run, base_path: Path, tmp_path: Path):
    with http_stand_in.answering(lambda *_: (500, {"error": "never"})) as (port, came):
        url = f"http://127.0.0.1:{port}/v1/models/small"
        with pytest.raises(Refusal, match=r"^Not one of 8 requests was answered: .* HTTP 500: never\.$"):
            run("--endpoint", url, "--model", base_path)
    assert len(came) == 8 and not (tmp_path / "logs").exists()
    with pytest.raises(Refusal, match=r"refused\. Give --endpoint a server that answers, or --model DIR"):
        run("--endpoint", "http://127.0.0.1:1/v1/models/small")


def test_logs_are_not_overwritten(run, base_path: Path, tmp_path: Path):
    (tmp_path / "logs" / "Offline").mkdir(parents=True)
    with pytest.raises(Refusal, match="--logs: .*/logs/Offline is there already"):
        run("--model", base_path, "--scenario", "Offline", "--count", 5, "--time", 0.5)


def test_the_signature_has_to_be_one_of_the_models(run, base_path: Path):
    with pytest.raises(Refusal, match="--signature: the model has no 'other'; it has pair, serving_default"):
        run("--model", base_path, "--signature", "other")
