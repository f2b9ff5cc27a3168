"""What one short measurement of a server gave."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class Window:
    throughput: float
    """Examples per second."""
    latencies: list[float] = field(default_factory=list)
    """Milliseconds, one a request."""
    error: str = ""
    """Of the first request that failed; empty when all were answered."""
    busy: float = 0.0
    """The share of a CPU that the busiest client process used: near 1, the clients are what was measured."""


def percentile(windows: Iterable[Window], share: float) -> float | None:
    """Milliseconds that `share` of all requests did not exceed (nearest rank); None without requests."""
    latencies = sorted(latency for window in windows for latency in window.latencies)
    if not latencies:
        return None
    return latencies[max(0, math.ceil(share * len(latencies)) - 1)]


def log_mean(windows: Iterable[Window]) -> float:
    """Mean of the logarithms of the throughputs: ratios, not differences, are what candidates have."""
    logs = [math.log(max(window.throughput, 1e-9)) for window in windows]
    return sum(logs) / len(logs)
