"""The servers that are alive, no more than the machine has room for."""

from __future__ import annotations

from tuning.sweep.rig import Limits, Rig
from tuning.sweep.servers.server import CannotServe
from tuning.sweep.window import Window, percentile

_STARTS_REMEMBERED = 3
_CAUTION = 1.1
_STARTS_MAY_TAKE = 4.0
"""Times what is expected; a server that takes longer is not what this machine needs."""
_REQUESTS_IN_A_WINDOW = 4
_LONGER_WINDOWS = 4
"""Times the wished length at most; of a model so slow that it does not suffice, little can be said."""
_LEAST_START_SECONDS = 20.0
_DEFAULT_START_SECONDS = 600.0
"""The first, the default, may take what it needs: without it there is nothing to compare with."""


class Fleet:
    """Starts servers when they are measured, and ends those that are least needed for room."""

    def __init__(self, rig: Rig, limits: Limits):
        self._rig = rig
        self._limits = limits
        self._alive: list[int] = []
        """The least needed first."""
        self._starts: list[float] = []
        self.window_seconds = limits.window_seconds

    @property
    def capacity(self) -> int:
        return self._rig.capacity

    @property
    def start_seconds(self) -> float:
        """What the next start is expected to take: the mean of the last ones, and some more; 0 before any."""
        last = self._starts[-_STARTS_REMEMBERED:]
        return _CAUTION * sum(last) / len(last) if last else 0.0

    @property
    def left(self) -> float:
        """Seconds of the budget."""
        return self._limits.deadline - self._rig.now()

    def now(self) -> float:
        return self._rig.now()

    def measure(self, index: int) -> Window:
        """One window of a server, which is started first if it is not alive. Raises CannotServe."""
        self.provide(index)
        window = self._rig.measure(index, self.window_seconds)
        if window.error:
            raise CannotServe(window.error)
        return window

    def keep(self, indexes: list[int]) -> None:
        """Ends all others; when room is needed, the last of these is ended first."""
        for index in [index for index in self._alive if index not in indexes]:
            self.stop(index)
        self._alive.sort(key=lambda index: -indexes.index(index))

    def stop(self, index: int) -> None:
        self._rig.stop(index)
        if index in self._alive:
            self._alive.remove(index)

    def is_alive(self, index: int) -> bool:
        return index in self._alive

    def provide(self, index: int) -> None:
        """Starts a server that is not alive, and ends another if there is no room. Raises CannotServe."""
        if index in self._alive:
            return
        while self._alive and len(self._alive) >= self._rig.capacity:
            self.stop(self._alive[0])
        begin = self._rig.now()
        limit = max(_LEAST_START_SECONDS, _STARTS_MAY_TAKE * self.start_seconds)
        limit = max(1.0, min(limit, self.left)) if self.start_seconds else _DEFAULT_START_SECONDS
        try:
            warm_up = self._rig.start(index, limit)
            if warm_up.error:
                raise CannotServe(warm_up.error)
        except CannotServe:
            self._rig.stop(index)
            raise
        self._alive.append(index)
        if not self._starts:
            self._fit_window(warm_up)
        self._starts.append(self._rig.now() - begin)

    def _fit_window(self, warm_up: Window) -> None:
        """Long enough for a few requests of each client, and the same for all candidates."""
        median = percentile([warm_up], 0.5) or 0.0
        wanted = _REQUESTS_IN_A_WINDOW * median / 1e3
        self.window_seconds = max(self.window_seconds, min(wanted, _LONGER_WINDOWS * self.window_seconds))
