from __future__ import annotations

import mlperf_loadgen
import pytest

from tuning.benchmark.plan import OFFLINE_SAMPLES, Pilot, Plan

PILOT = Pilot(latency=0.002, slow_latency=0.004, throughput=700.0, clients=4)


def settings(plan: Plan):
    return plan.settings(mlperf_loadgen, PILOT)


@pytest.mark.parametrize(("seconds", "least"), [(600.0, 600_000), (900.0, 900_000)])
def test_a_whole_run_keeps_every_rule_of_mlperf(seconds: float, least: int):
    for scenario in ("SingleStream", "Offline", "Server"):
        plan = Plan(scenario, seconds, target_qps=100.0, target_latency=0.05)
        made = settings(plan)
        assert (made.scenario.name, made.mode.name) == (scenario, "PerformanceOnly")
        assert (made.min_duration_ms, made.max_duration_ms, made.max_query_count) == (least, 0, 0)
        assert made.min_query_count == (OFFLINE_SAMPLES if scenario == "Offline" else 100)
        # MLPerf's, not LoadGen's default of 0.
        assert made.schedule_rng_seed != 0 and made.qsl_rng_seed != 0
        assert plan.broken_rules(OFFLINE_SAMPLES, seconds) == []


def test_offline_is_made_to_last():
    """LoadGen multiplies by 1.1 itself: enough for a model that is a fifth faster than in the pilot."""
    made = settings(Plan("Offline", 600.0))
    assert made.offline_expected_qps * 1.1 >= 700 * 1.2


@pytest.mark.parametrize("count", [1, 7, 500, 24_575, 1_000_003])
def test_a_shortened_offline_has_exactly_its_samples(count: int):
    made = settings(Plan("Offline", 600.0, "--count", count))
    # As LoadGen computes it: an integer is cut off.
    assert int(1.1 * (made.min_duration_ms / 1000) * made.offline_expected_qps) == count
    assert made.min_query_count <= count


def test_single_stream_prepares_more_queries_than_it_needs_and_not_all_of_ten_minutes():
    made = settings(Plan("SingleStream", 5.0, "--time 5"))
    prepared = 2 * 600e9 / made.single_stream_expected_latency_ns
    assert 2 * 5 / 0.002 <= prepared < 10_000
    assert (made.min_duration_ms, made.max_duration_ms) == (600_000, 5000)


def test_server_prepares_no_more_than_twice_its_time():
    made = settings(Plan("Server", 5.0, "--time 5", 0, 200.0, "--qps", 0.015, "--latency"))
    assert (made.server_target_qps, made.server_target_latency_ns) == (200.0, 15_000_000)
    assert (made.min_duration_ms, made.max_duration_ms) == (11_000, 5000)
    counted = settings(Plan("Server", 600.0, "--count 400", 400, 200.0, "--qps", 0.015, "--latency"))
    assert (counted.min_duration_ms, counted.max_query_count) == (5000, 400)
