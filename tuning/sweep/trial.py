"""What became of a candidate."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

from tuning.sweep.grid import Candidate
from tuning.sweep.window import Window, log_mean, percentile

Status = Literal["measured", "stopped", "skipped", "failed"]


@dataclass
class Trial:
    candidate: Candidate
    status: Status = "skipped"
    why: str = ""
    windows: list[Window] = field(default_factory=list)
    """Of the search."""
    paired: list[Window] = field(default_factory=list)
    """Of the confirmation, in turns with the other finalists; these then decide."""
    seconds: float = 0.0
    """Spent on it, its start included."""

    @property
    def all_windows(self) -> list[Window]:
        return [*self.windows, *self.paired]

    @property
    def level(self) -> float:
        """Logarithm of the throughput."""
        return log_mean(self.paired or self.windows)

    @property
    def throughput(self) -> float | None:
        """Examples per second."""
        return math.exp(self.level) if self.all_windows else None

    @property
    def median(self) -> float | None:
        """Milliseconds."""
        return percentile(self.all_windows, 0.5)

    @property
    def p99(self) -> float | None:
        """Milliseconds."""
        return percentile(self.all_windows, 0.99)

    def keeps(self, max_latency: float | None) -> bool:
        """Whether the p99 latency is allowed."""
        return max_latency is None or (self.p99 is not None and self.p99 <= max_latency)
