"""What follows from a search: which candidate to serve with, in words and as code to paste."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tuning.sweep.noise import Verdict
from tuning.sweep.search import DEFAULT, Outcome
from tuning.sweep.settings import Settings
from tuning.sweep.trial import Trial

_BUSY = 0.9
_BARE_KEY = re.compile(r'"(\w+)":')


@dataclass(frozen=True)
class Recommendation:
    best: int
    """Index of the candidate; the default's unless another was confirmed to be faster."""
    gain: float | None
    """Its throughput over the default's; None when the default could not be measured."""
    settings: Settings
    text: str
    found: bool = True
    """False: no candidate keeps the latency that was asked for."""

    def document(self) -> dict[str, Any]:
        options = self.settings.serving_options()
        compact = json.dumps(options, separators=(",", ":"))
        return {
            "servingOptions": options,
            "typescript": f"serving: {typescript(options)}," if options else "",
            "context": f"-c serving='{compact}'" if options else "",
            "text": self.text,
        }


def typescript(options: dict[str, Any]) -> str:
    """An object literal as people write it."""
    spaced = json.dumps(options, separators=(", ", ": "))
    return _BARE_KEY.sub(r"\1:", spaced).replace("{", "{ ").replace("}", " }")


def recommend(outcome: Outcome, max_latency: float | None) -> Recommendation:
    """Raises ValueError when nothing was measured: there is then nothing to recommend."""
    trials, default = outcome.trials, outcome.trials[DEFAULT]
    measured = [index for index, trial in enumerate(trials) if trial.throughput is not None and _ran(trial)]
    if not measured:
        raise ValueError("no candidate was measured")
    able = [index for index in measured if trials[index].keeps(max_latency)]
    if not able:
        return _nothing_keeps(trials, measured, max_latency)
    if default.status == "failed":
        return _without_default(trials, able)
    verdicts = outcome.confirmation.verdicts if outcome.confirmation else {}
    if DEFAULT not in able:
        able = [index for index in able if index in verdicts]
        if not able:
            return _default(outcome, max_latency, verdicts)
        best = max(able, key=lambda index: verdicts[index].gain)
        return _better(trials, best, verdicts[best], max_latency)
    gains = [index for index in able if index in verdicts and verdicts[index].is_gain]
    if not gains:
        return _default(outcome, max_latency, verdicts)
    best = max(gains, key=lambda index: verdicts[index].gain)
    return _better(trials, best, verdicts[best], None)


def _ran(trial: Trial) -> bool:
    return trial.status in ("measured", "stopped")


def _better(
    trials: Sequence[Trial], best: int, verdict: Verdict, max_latency: float | None
) -> Recommendation:
    trial, default = trials[best], trials[DEFAULT]
    name = _capital(trial.candidate.settings.text())
    text = (
        f"{name}: {_number(trial.throughput)} examples/s, {verdict.gain:.2f} × the default's "
        f"{_number(default.throughput)}, with a p99 latency of {_number(trial.p99)} ms instead of "
        f"{_number(default.p99)} ms."
    )
    if max_latency is not None:
        text += f" The default's p99 is above the allowed {max_latency:g} ms."
    else:
        text += f" A gain of up to {verdict.threshold:.0%} would have been noise."
    return Recommendation(best, verdict.gain, trial.candidate.settings, text + _bottleneck(trials, best))


def _default(outcome: Outcome, max_latency: float | None, verdicts: dict[int, Verdict]) -> Recommendation:
    trials, default = outcome.trials, outcome.trials[DEFAULT]
    text = (
        f"Keep the defaults: {_number(default.throughput)} examples/s with a p99 latency of "
        f"{_number(default.p99)} ms, and nothing that was tried is faster beyond noise."
    )
    if verdicts:
        index, verdict = max(verdicts.items(), key=lambda entry: entry[1].gain)
        noise = f"up to {1 + verdict.threshold:.2f} × is" if verdict.threshold < 1 else "any gain would be"
        name = trials[index].candidate.settings.text()
        text += f" The closest, {name}, gave {verdict.gain:.2f} ×, where {noise} noise."
    found = default.keeps(max_latency)
    if not found:
        text = (
            f"Undecided: the default's p99 latency of {_number(default.p99)} ms is above the allowed "
            f"{max_latency:g} ms, and no time was left to confirm a candidate that keeps it."
        )
    return Recommendation(
        DEFAULT, 1.0, default.candidate.settings, text + _bottleneck(trials, DEFAULT), found
    )


def _without_default(trials: Sequence[Trial], able: Sequence[int]) -> Recommendation:
    best = max(able, key=lambda index: trials[index].level)
    trial = trials[best]
    text = (
        f"{_capital(trial.candidate.settings.text())}: {_number(trial.throughput)} examples/s with a p99 "
        f"latency of {_number(trial.p99)} ms; the default failed here ({trials[DEFAULT].why.rstrip('.')})."
    )
    return Recommendation(best, None, trial.candidate.settings, text)


def _nothing_keeps(
    trials: Sequence[Trial], measured: Sequence[int], max_latency: float | None
) -> Recommendation:
    nearest = trials[min(measured, key=lambda index: trials[index].p99 or float("inf"))]
    text = (
        f"No candidate keeps a p99 latency of {max_latency:g} ms: the nearest, "
        f"{nearest.candidate.settings.text()}, has {_number(nearest.p99)} ms. "
        "Fewer clients, a faster model or a larger instance would."
    )
    return Recommendation(DEFAULT, 1.0, trials[DEFAULT].candidate.settings, text, found=False)


def _bottleneck(trials: Sequence[Trial], best: int) -> str:
    busy = max((window.busy for window in trials[best].all_windows), default=0.0)
    if busy < _BUSY:
        return ""
    return " The clients used a whole CPU, so the server may be faster than they could ask."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _number(value: float | None) -> str:
    if value is None:
        return "unknown"
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
