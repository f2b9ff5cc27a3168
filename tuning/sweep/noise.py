"""What repeated measurements allow to be said about two candidates."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tuning.sweep.window import Window, log_mean

MINIMUM_GAIN = 0.02
"""Nobody restarts a server for less, however sure."""

# Student's t, 97.5 %, by degrees of freedom.
_T = (math.inf, 12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)
_T_MANY = 2.2
# As a logarithm: where measurements scatter more, no gain is told from noise.
_MOST_ERROR = 3.0
# Before there is anything to estimate from: the relative noise of a window, worth as many measurements.
_PRIOR, _PRIOR_WEIGHT = 0.05, 2
# How sure "cannot win" is: standard errors of either side.
_STANDARD_ERRORS = 2.0


@dataclass(frozen=True)
class Verdict:
    gain: float
    """Geometric mean of the ratios of throughputs, pair by pair."""
    threshold: float
    """A gain of 1 + threshold or less is noise; infinite where measurements scatter too much."""

    @property
    def is_gain(self) -> bool:
        return self.gain > 1 + self.threshold


def compare(windows: Sequence[Window], default: Sequence[Window]) -> Verdict:
    """The verdict on windows measured in turns: what disturbed the machine disturbed both of a pair."""
    logs = [_log(mine) - _log(other) for mine, other in zip(windows, default, strict=True)]
    mean = sum(logs) / len(logs)
    freedom = len(logs) - 1
    error = math.inf
    if freedom:
        deviation = math.sqrt(sum((value - mean) ** 2 for value in logs) / freedom)
        quantile = _T[freedom] if freedom < len(_T) else _T_MANY
        error = quantile * deviation / math.sqrt(len(logs))
    return Verdict(math.exp(mean), max(MINIMUM_GAIN, math.expm1(error) if error < _MOST_ERROR else math.inf))


def relative_noise(groups: Iterable[Sequence[Window]]) -> float:
    """Standard deviation of a window's throughput relative to it, from groups of windows of one server."""
    squares, freedom = _PRIOR**2 * _PRIOR_WEIGHT, _PRIOR_WEIGHT
    for group in groups:
        if len(group) > 1:
            logs = [_log(window) for window in group]
            mean = sum(logs) / len(logs)
            squares += sum((value - mean) ** 2 for value in logs)
            freedom += len(logs) - 1
    return math.sqrt(squares / freedom)


def ratio(windows: Sequence[Window], level: float) -> float:
    """Throughput of the windows over that of the level, which is a logarithm."""
    return math.exp(log_mean(windows) - level)


def margin(noise: float, *counts: int) -> float:
    """How far apart (as logarithms) the means of `counts` windows must be before one is called slower."""
    return _STANDARD_ERRORS * noise * math.sqrt(sum(1 / count for count in counts))


def _log(window: Window) -> float:
    return math.log(max(window.throughput, 1e-9))
