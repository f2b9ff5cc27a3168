"""What a search works with: servers that can be started and measured, and a clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from tuning.sweep.window import Window


class Rig(Protocol):
    """Candidates are named by their index. start and measure raise CannotServe for one that fails."""

    capacity: int
    """Servers that may be alive at the same time."""

    def now(self) -> float:
        """Seconds, of a clock that only goes on."""

    def start(self, index: int, limit: float) -> Window:
        """Starts a server and warms it up; returns what the warm-up gave. limit: seconds it may take."""

    def measure(self, index: int, seconds: float) -> Window: ...

    def stop(self, index: int) -> None:
        """Does nothing for one that is not alive."""


@dataclass(frozen=True)
class Limits:
    deadline: float
    """By the rig's clock."""
    budget: float
    """Seconds that were given; a part may be used up when the search begins."""
    window_seconds: float
    """Of one measurement."""
    max_latency: float | None = None
    """Milliseconds, of the p99."""
