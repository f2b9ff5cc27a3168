"""Timers: when a unit is started next, counted as systemd counts."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from .service import Service
from .unitfile import UnitFile
from .words import parse_seconds


class Timer:
    def __init__(self, unit: UnitFile, booted: float):
        self.unit, self.booted = unit, booted
        self.state, self.sub, self.result = "inactive", "dead", "success"
        self.target = unit.last("Unit", unit.name.removesuffix(".timer") + ".service")
        self._task: asyncio.Task | None = None
        self._started = 0.0

    def start(self, service: Service, trigger: Callable[[str], Awaitable[None]]) -> None:
        if self._task:
            return
        self.state, self.sub = "active", "waiting"
        self._started = time.monotonic()
        self._task = asyncio.ensure_future(self._loop(service, trigger))

    def next_elapse(self, service: Service, fired: float) -> float | None:
        """The earliest moment after `fired` that a condition names, or None while none can be counted."""
        starts = {"OnBootSec": self.booted, "OnActiveSec": self._started}
        starts |= {"OnUnitActiveSec": service.activated, "OnUnitInactiveSec": service.deactivated}
        counted = [(key, start) for key, start in starts.items() if start]
        moments = [start + parse_seconds(span) for key, start in counted for span in self.unit.all(key)]
        return min((moment for moment in moments if moment > fired), default=None)

    async def _loop(self, service: Service, trigger: Callable[[str], Awaitable[None]]) -> None:
        fired = 0.0
        while True:
            at = self.next_elapse(service, fired)
            now = time.monotonic()
            if at is None or at > now:
                # Short steps, since the unit may also be started by hand, which moves the moment.
                await asyncio.sleep(min(0.5, at - now) if at else 0.5)
                continue
            fired = now
            await trigger(self.target)

    def stop(self) -> None:
        if self._task:
            self._task.cancel()
        self._task, self.state, self.sub = None, "inactive", "dead"
