"""Which candidate is tried next: single changes first, then the pairs that these make likely."""

from __future__ import annotations

from collections.abc import Sequence

from tuning.sweep import noise
from tuning.sweep.trial import Trial


def following(trials: Sequence[Trial], relative_noise: float) -> int | None:
    """The next one's index; None when none is left that can win.

    The pairs that cannot are marked with the reason on the way.
    """
    waiting = [index for index, trial in enumerate(trials) if trial.status == "skipped" and not trial.why]
    for index in waiting:
        if len(trials[index].candidate.factors) == 1:
            return index
    effects = _effects(trials)
    likely: dict[int, float] = {}
    for index in waiting:
        trial = trials[index]
        trial.why = _hopeless(trial, trials, effects, relative_noise)
        if not trial.why:
            likely[index] = sum(effects.get(factor, 0.0) for factor in trial.candidate.factors)
    return max(likely, key=lambda index: likely[index], default=None)


def _effects(trials: Sequence[Trial]) -> dict[str, float]:
    """What each single change did to the throughput, as a logarithm."""
    default = trials[0]
    if not default.windows:
        return {}
    return {
        trial.candidate.factors[0]: trial.level - default.level
        for trial in trials
        if len(trial.candidate.factors) == 1 and trial.windows
    }


def _hopeless(pair: Trial, trials: Sequence[Trial], effects: dict[str, float], relative_noise: float) -> str:
    factors = pair.candidate.factors
    failed = [
        factor
        for factor in factors
        for trial in trials
        if trial.candidate.factors == (factor,) and trial.status == "failed"
    ]
    if failed:
        return f"{failed[0]} failed by itself"
    apart = noise.margin(relative_noise, 1, 1)
    known = [effects[factor] for factor in factors if factor in effects]
    if len(known) == len(factors) and all(effect < -apart for effect in known):
        return f"neither {' nor '.join(factors)} was as fast as the default by itself"
    return ""
