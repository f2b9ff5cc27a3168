"""A rig without servers: throughputs that are known, noise that is made, a clock that jumps."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence

from tuning.sweep.servers.server import CannotServe
from tuning.sweep.window import Window


class SimulatedRig:
    def __init__(
        self,
        truth: Sequence[float],
        *,
        seed: int = 0,
        noise: float = 0.03,
        drift: float = 0.0,
        start: float = 5.0,
        capacity: int = 3,
        failing: Mapping[int, str] | None = None,
        failing_later: Mapping[int, str] | None = None,
        latency: Mapping[int, float] | None = None,
    ):
        """truth: throughput of each candidate, relative to the default's. noise: of a window, as a standard
        deviation. drift: of the whole machine, a second. latency: ms, where it is not the throughput's."""
        self.truth = truth
        self.capacity = capacity
        self.alive: set[int] = set()
        self.most_alive = 0
        self.clock = 1000.0
        self.starts: list[int] = []
        self.measured: list[int] = []
        self._random = random.Random(seed)  # noqa: S311
        self._noise, self._drift, self._start = noise, drift, start
        self._failing = dict(failing or {})
        self._failing_later = dict(failing_later or {})
        self._latency = dict(latency or {})

    def now(self) -> float:
        return self.clock

    def start(self, index: int, limit: float) -> Window:
        assert index not in self.alive
        self.starts.append(index)
        seconds = self._start * self._random.uniform(0.95, 1.05)
        self.clock += min(seconds, limit)
        self.alive.add(index)
        self.most_alive = max(self.most_alive, len(self.alive))
        if seconds > limit:
            raise CannotServe(f"not AVAILABLE after {limit:.0f} s")
        if index in self._failing:
            raise CannotServe(self._failing[index])
        return self._window(index)

    def measure(self, index: int, seconds: float) -> Window:
        assert index in self.alive
        self.clock += seconds
        self.measured.append(index)
        if index in self._failing_later and self.measured.count(index) > 1:
            return Window(0.0, error=self._failing_later[index])
        return self._window(index)

    def stop(self, index: int) -> None:
        if index in self.alive:
            self.clock += 0.3
            self.alive.discard(index)

    def _window(self, index: int) -> Window:
        disturbed = self._random.gauss(0, self._noise) + self._drift * (self.clock - 1000)
        throughput = 100 * self.truth[index] * math.exp(disturbed)
        return Window(throughput, [self._latency.get(index, 1000 / throughput)] * 20)
