"""How long a scenario runs, how many samples it has, and which of MLPerf's rules that breaks.

LoadGen is told a minimum that a shortened run does not reach, so that it says INVALID by itself: MLPerf's
own, save for Server. What shortens is LoadGen's maximum duration or query count; for Offline, which has no
such limits, the size of its one query.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

MLPERF_SECONDS = 600.0
OFFLINE_SAMPLES = 24_576
SCENARIOS = ("SingleStream", "Offline", "Server")

# LoadGen makes Offline's query that much larger than the expected throughput asks for.
_LOADGEN_SLACK = 1.1
# LoadGen prepares the queries of twice the minimum duration, at the expected latency.
_LOADGEN_PREPARES = 2
# A model may be faster than it was in the pilot. A query costs LoadGen half a kilobyte: not more than this.
_ROOM = 2
_OWN_SLACK = 1.1


@dataclass(frozen=True)
class Pilot:
    """What a short look at the model gave, before LoadGen runs."""

    latency: float
    """Seconds of one request of one sample, median."""
    slow_latency: float
    """Seconds, the slowest."""
    throughput: float
    """Samples per second that all clients reached together."""
    clients: int


@dataclass(frozen=True)
class Plan:
    scenario: str
    seconds: float
    """How long it is to run."""
    shortened: str = ""
    """By which option, where it breaks MLPerf's rules; empty for a whole run."""
    count: int = 0
    """Most samples; 0: as many as fit in the time."""
    target_qps: float | None = None
    target_qps_from: str = ""
    target_latency: float | None = None
    """Seconds."""
    target_latency_from: str = ""

    def broken_rules(self, samples: int, seconds: float) -> list[str]:
        """What keeps the run from being a whole one, whatever LoadGen says."""
        broken = []
        if self.shortened and seconds < MLPERF_SECONDS:
            broken.append(
                f"Min duration not satisfied: {seconds:.1f} s of {MLPERF_SECONDS:.0f} s, "
                f"shortened by {self.shortened}."
            )
        if self.scenario == "Offline" and samples < OFFLINE_SAMPLES:
            broken.append(f"Min samples not satisfied: {samples:,} samples of {OFFLINE_SAMPLES:,}.")
        return broken

    def settings(self, loadgen: Any, pilot: Pilot) -> Any:
        """LoadGen's TestSettings."""
        settings = loadgen.TestSettings()
        # MLPerf's own rules and seeds, as they come with LoadGen.
        settings.FromConfig("", "own-model", self.scenario, 0)
        settings.scenario = getattr(loadgen.TestScenario, self.scenario)
        settings.mode = loadgen.TestMode.PerformanceOnly
        minimum = max(MLPERF_SECONDS, self.seconds)
        settings.min_duration_ms = round(minimum * 1000)
        if self.scenario == "Offline":
            self._size_offline(settings, pilot, minimum)
            return settings
        if self.shortened:
            settings.max_duration_ms = max(1, round(self.seconds * 1000))
        if self.count:
            settings.max_query_count = self.count
        if self.scenario == "SingleStream":
            queries = _ROOM * self.seconds / pilot.latency + 1000
            if self.count:
                queries = min(queries, self.count + 1000)
            settings.single_stream_expected_latency_ns = _LOADGEN_PREPARES * minimum * 1e9 / queries
        else:
            settings.server_target_qps = self.target_qps
            settings.server_target_latency_ns = round((self.target_latency or 0) * 1e9)
            if self.shortened:
                # LoadGen prepares every query of the minimum: those of ten minutes would take longer than a
                # short run, and gigabytes for a fast model.
                settings.min_duration_ms = round(min(minimum, 2 * self._server_seconds() + 1) * 1000)
        return settings

    def _server_seconds(self) -> float:
        by_count = self.count / self.target_qps if self.count and self.target_qps else self.seconds
        return min(self.seconds, by_count)

    def _size_offline(self, settings: Any, pilot: Pilot, minimum: float) -> None:
        if self.shortened:
            wanted = self.count or max(1, round(pilot.throughput * self.seconds))
            settings.min_query_count = 1
            # Half a sample more, so that rounding does not lose one.
            settings.offline_expected_qps = (wanted + 0.5) / (_LOADGEN_SLACK * minimum)
        else:
            settings.min_query_count = OFFLINE_SAMPLES
            settings.offline_expected_qps = pilot.throughput * _OWN_SLACK


def shortened_by(seconds: float | None, count: int) -> str:
    """The options, as they stand in a reason; empty if the run is a whole one."""
    by = [f"--time {seconds:g}"] if seconds is not None and seconds < MLPERF_SECONDS else []
    return " and ".join(by + ([f"--count {count}"] if count else []))
