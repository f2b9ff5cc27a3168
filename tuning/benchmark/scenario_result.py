"""What a result says of one scenario: LoadGen's figures, our own plots, and whether it may be believed."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tuning.benchmark import summary as loadgen_summary
from tuning.benchmark.load_test import Outcome
from tuning.benchmark.plan import Plan
from tuning.benchmark.summary import Summary
from tuning.benchmark.system_under_test import Answered

_POINTS = 60
# How LoadGen logs that a run met a limit it was given: no news where we set it.
_LIMITS = ("Max test duration reached", "Max query count reached")
_SHARES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p97": 0.97, "p99": 0.99, "p999": 0.999}


def scenario_result(plan: Plan, outcome: Outcome, logs: Path) -> dict[str, Any]:
    """Raises DamagedLog if LoadGen ended without an account of the run."""
    samples = sum(carried for _, _, carried in outcome.answered)
    seconds = _seconds(outcome.answered)
    result = {
        "scenario": plan.scenario,
        "valid": False,
        "why": [],
        "seconds": round(seconds, 3),
        "samples": samples,
        "errors": outcome.errors,
        "latency": _latency(outcome.answered),
        "latencyFrom": "requests",
        "throughput": samples / seconds if seconds else 0.0,
        "targetQps": plan.target_qps,
        "targetQpsFrom": plan.target_qps_from or None,
        "targetLatencyMilliseconds": None if plan.target_latency is None else plan.target_latency * 1000,
        "targetLatencyFrom": plan.target_latency_from or None,
        "distribution": distribution(
            [end - begin for begin, end, carried in outcome.answered for _ in range(carried)]
        ),
        "overTime": over_time(outcome.answered),
        "summary": {},
    }
    why = (
        [f"{outcome.errors:,} of {samples + outcome.errors:,} samples failed: {outcome.first_error}"]
        if outcome.errors
        else []
    )
    if not outcome.ended:
        result["why"] = [*why, "LoadGen was stopped before its end: every request failed at last."]
        return result
    summary = loadgen_summary.read(logs)
    detail, errors = loadgen_summary.read_detail(logs)
    # LoadGen takes a sample that failed for one that was answered, and quickly: then its figures flatter.
    if not outcome.errors:
        result["throughput"] = summary.throughput()
        if plan.scenario != "Offline":
            # There LoadGen's latencies count from the start of the whole run: ours are a request's own.
            result["latency"] = summary.latency(detail)
            result["latencyFrom"] = "LoadGen"
    result["summary"] = dict(summary.fields)
    why += _reasons(plan, summary, errors, samples, seconds)
    result["why"] = why
    result["valid"] = summary.valid and not why
    return result


def distribution(nanoseconds: Sequence[int]) -> list[list[float]]:
    """At most 60 points: milliseconds, and the share of samples that took no longer."""
    times = sorted(nanoseconds)
    ranks = sorted({max(1, math.ceil(len(times) * point / _POINTS)) for point in range(1, _POINTS + 1)})
    return [[times[rank - 1] / 1e6, rank / len(times)] for rank in ranks if times]


def over_time(answered: Sequence[Answered]) -> list[list[float]]:
    """At most 60 points: second of the run, and samples answered per second from then to the next point."""
    if not answered:
        return []
    begin = min(sent for sent, _, _ in answered)
    length = max((max(end for _, end, _ in answered) - begin) / 1e9, 1e-9)
    width = length / _POINTS if length >= _POINTS else min(length, max(1.0, length / _POINTS))
    counts = [0] * max(1, min(_POINTS, math.ceil(length / width - 1e-9)))
    for _, end, carried in answered:
        counts[min(len(counts) - 1, int((end - begin) / 1e9 / width))] += carried
    widths = [width] * (len(counts) - 1) + [length - width * (len(counts) - 1)]
    return [
        [round(number * width, 3), count / share]
        for number, (count, share) in enumerate(zip(counts, widths, strict=True))
        if share > 0
    ]


def _reasons(plan: Plan, summary: Summary, errors: list[str], samples: int, seconds: float) -> list[str]:
    broken = plan.broken_rules(samples, seconds)
    told = {reason.split(" not satisfied")[0] for reason in broken}
    # Our own words for what LoadGen cannot know: that it was we who shortened the run.
    broken += [
        f"{name} not satisfied: {text}".rstrip(": ")
        for name, text in summary.reasons.items()
        if name not in told
    ]
    return broken + [
        f"LoadGen: {text}" for text in dict.fromkeys(errors) if not (plan.shortened and _is_limit(text))
    ]


def _is_limit(text: str) -> bool:
    return any(limit in text for limit in _LIMITS)


def _seconds(answered: Sequence[Answered]) -> float:
    if not answered:
        return 0.0
    return (max(end for _, end, _ in answered) - min(begin for begin, _, _ in answered)) / 1e9


def _latency(answered: Sequence[Answered]) -> dict[str, float | None]:
    """Of requests, in milliseconds; percentiles as LoadGen takes them."""
    times = sorted(end - begin for begin, end, _ in answered)
    if not times:
        return dict.fromkeys(("mean", "min", *_SHARES, "max"))
    picked = {key: times[int(len(times) * share)] / 1e6 for key, share in _SHARES.items()}
    return {"mean": statistics.fmean(times) / 1e6, "min": times[0] / 1e6, **picked, "max": times[-1] / 1e6}
