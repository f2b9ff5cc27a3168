"""The sweep's report, a document of plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from tuning.machine import machine, software
from tuning.sweep.environment import Machine
from tuning.sweep.recommendation import Recommendation
from tuning.sweep.search import DEFAULT, Outcome
from tuning.sweep.trial import Trial


@dataclass(frozen=True)
class Facts:
    """What the search itself does not know."""

    runtime: str
    image: str | None
    machine: Machine
    workload: Mapping[str, Any]
    clients: int
    budget: float
    seconds: float
    max_latency: float | None
    intra_op_threads: Mapping[int, int]
    """In force, by index of the candidate; those that never started are missing."""


def build(outcome: Outcome, recommendation: Recommendation, facts: Facts) -> dict[str, Any]:
    return {
        "schemaVersion": 1,
        "kind": "sweep",
        "at": datetime.now(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "exitCode": 0 if recommendation.found else 1,
        "machine": machine(),
        "software": software(facts.runtime, image=facts.image),
        "budgetSeconds": facts.budget,
        "seconds": round(facts.seconds, 1),
        "maxLatencyMilliseconds": facts.max_latency,
        "workload": dict(facts.workload),
        "candidates": [_candidate(index, trial, facts) for index, trial in enumerate(outcome.trials)],
        "default": DEFAULT,
        "best": recommendation.best,
        "gain": _rounded(recommendation.gain, 4),
        "noise": {
            # Of one window's throughput, relative to it; what a gain had to exceed; the default's
            # throughput at the end over that at the begin.
            "window": _rounded(outcome.noise, 4),
            "threshold": _rounded(_threshold(outcome, recommendation), 4),
            "rounds": outcome.confirmation.rounds if outcome.confirmation else 0,
            "drift": _rounded(outcome.drift, 4),
        },
        "recommendation": recommendation.document(),
        "applied": None,
        "omitted": 0,
    }


def _candidate(index: int, trial: Trial, facts: Facts) -> dict[str, Any]:
    settings = trial.candidate.settings
    share = facts.machine.threads.get(settings.processes, 1)
    return {
        "settings": settings.document(facts.intra_op_threads.get(index, share)),
        "status": trial.status,
        "why": trial.why,
        "clients": facts.clients,
        "throughput": _rounded(trial.throughput, 2),
        "medianMilliseconds": _rounded(trial.median, 3),
        "p99Milliseconds": _rounded(trial.p99, 3),
        "seconds": round(trial.seconds, 1),
    }


def _threshold(outcome: Outcome, recommendation: Recommendation) -> float | None:
    verdicts = outcome.confirmation.verdicts if outcome.confirmation else {}
    if recommendation.best in verdicts:
        return verdicts[recommendation.best].threshold
    return max((verdict.threshold for verdict in verdicts.values()), default=None)


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
