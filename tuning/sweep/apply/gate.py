"""The performance gate: what the server gives before and after, and whether it got slower beyond noise."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from tuning.sweep import noise
from tuning.sweep.clients import Clients
from tuning.sweep.servers.server import CannotServe
from tuning.sweep.window import Window, log_mean, percentile

_WINDOWS = 5
_WARM_UP_SECONDS = 0.5


@dataclass(frozen=True)
class Measured:
    windows: list[Window]

    @property
    def throughput(self) -> float:
        """Examples per second."""
        return math.exp(log_mean(self.windows))

    def document(self) -> dict[str, Any]:
        return {
            "throughput": round(self.throughput, 2),
            "medianMilliseconds": percentile(self.windows, 0.5),
            "p99Milliseconds": percentile(self.windows, 0.99),
        }


def measure(clients: Clients, url: str, seconds: float) -> Measured:
    """Raises CannotServe for the first request that is not answered."""
    # Connections to a server that is gone by now must not be used.
    clients.forget(url)
    clients.measure(url, 0.1)
    clients.measure(url, _WARM_UP_SECONDS)
    windows = []
    for _ in range(_WINDOWS):
        window = clients.measure(url, seconds / _WINDOWS)
        if window.error:
            raise CannotServe(window.error)
        windows.append(window)
    return Measured(windows)


def slower(before: Measured, after: Measured) -> str:
    """Why it is called slower, or '' if it is not."""
    relative = noise.relative_noise([before.windows, after.windows])
    allowed = noise.margin(relative, len(before.windows), len(after.windows))
    ratio = after.throughput / before.throughput
    if math.log(ratio) >= -allowed:
        return ""
    return (
        f"{after.throughput:.1f} examples/s instead of {before.throughput:.1f}, "
        f"where {math.expm1(allowed):.0%} would have been noise"
    )
