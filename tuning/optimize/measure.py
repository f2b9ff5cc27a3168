"""Which of two models answers sooner, on a machine that does other things as well.

Each is in a process of its own, with its own threads and memory, and waits while the other is measured: they
take turns in short rounds, and every second pair the other way round, so that a machine that slows down for
a while slows both. A pair's ratio compares neighbours in time; the median of these ratios is the speed-up.
Bigger is better: 1.3 means that the first takes 1.3 times as long as the second.

Not slower means: the median ratio is at least `least`, by default NOT_SLOWER. The two per cent below 1 are
what two processes of the very same model differ by on a quiet machine. If it lies below by less than DOUBT,
as many pairs are measured again, once, and all of them decide.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .process import Worker

NOT_SLOWER = 0.98
DOUBT = 0.06
# A median of fewer is no median; the time budget does not go below.
FEWEST_PAIRS = 3

Passes = list[list[float]]


@dataclass
class Measured:
    """One model's figures, of all its rounds."""

    load_seconds: float
    examples: Sequence[int]
    """Rows of each request."""
    passes: Passes = field(default_factory=list)
    """Seconds of each call."""

    def add(self, passes: Passes) -> float:
        """The round's figure: seconds for all requests once, by the median of each. A model of several
        signatures has several typical times, whose common median would belong to none."""
        self.passes += passes
        return sum(statistics.median(column) for column in zip(*passes, strict=True))

    @property
    def median_milliseconds(self) -> float:
        return statistics.median(self._calls()) * 1e3

    @property
    def p99_milliseconds(self) -> float:
        """The smallest latency that 99 % of the calls do not exceed."""
        calls = sorted(self._calls())
        return calls[math.ceil(0.99 * len(calls)) - 1] * 1e3

    @property
    def throughput(self) -> float:
        """Examples per second of one client that asks again as soon as it is answered."""
        return len(self.passes) * sum(self.examples) / sum(self._calls())

    def _calls(self) -> list[float]:
        return [seconds for one in self.passes for seconds in one]


@dataclass
class Comparison:
    first: Measured
    second: Measured
    ratios: list[float] = field(default_factory=list)

    @property
    def speedup(self) -> float:
        return statistics.median(self.ratios)


def load(workers: Sequence[Worker], models: Sequence[Path], requests: Path, intra_op: int) -> list[Measured]:
    """Loads one model in each worker, one after the other once all have started, and warms them up."""
    for worker in workers:
        worker.ask("ready")
    loaded = [
        worker.ask("load", model=model, requests=requests, intra_op=intra_op)
        for worker, model in zip(workers, models, strict=True)
    ]
    for worker in workers:
        worker.ask("warm_up")
    return [Measured(one["loadSeconds"], one["examples"]) for one in loaded]


def compare(
    first: tuple[Worker, Measured],
    second: tuple[Worker, Measured],
    pairs: int,
    seconds: float,
    least: float,
    on_pair: Callable[[int, int, Comparison], None],
) -> Comparison:
    """pairs: rounds of each. seconds: for all of them together; slow models get fewer pairs, not fewer than
    min(pairs, FEWEST_PAIRS). on_pair: how many are done, of how many, what is known by then."""
    comparison = Comparison(first[1], second[1])
    _measure(comparison, first[0], second[0], pairs, seconds, on_pair)
    if least - DOUBT <= comparison.speedup < least:
        _measure(comparison, first[0], second[0], pairs, seconds, on_pair)
    return comparison


def _measure(
    comparison: Comparison,
    first: Worker,
    second: Worker,
    pairs: int,
    seconds: float,
    on_pair: Callable[[int, int, Comparison], None],
) -> None:
    share = seconds / pairs / 2
    end = time.monotonic() + seconds
    total = len(comparison.ratios) + pairs
    turns = [(first, comparison.first), (second, comparison.second)]
    for pair in range(pairs):
        if pair >= FEWEST_PAIRS and time.monotonic() >= end:
            break
        figures = {}
        for worker, measured in turns if pair % 2 == 0 else reversed(turns):
            figures[worker] = measured.add(worker.ask("measure", seconds=share))
        comparison.ratios.append(figures[first] / figures[second])
        on_pair(len(comparison.ratios), total, comparison)
