"""The search: every candidate briefly, the hopeless ones more briefly, the best again against the default.

Servers and time come in through a Rig, so that the search can be tried against simulated ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tuning.sweep import noise, order
from tuning.sweep.confirmation import Confirmation, confirm, seconds_needed
from tuning.sweep.fleet import Fleet
from tuning.sweep.grid import Candidate
from tuning.sweep.rig import Limits, Rig
from tuning.sweep.servers.server import CannotServe
from tuning.sweep.trial import Trial
from tuning.sweep.window import Window, log_mean

DEFAULT = 0
"""Index of the default among the candidates."""
_WINDOWS = 3
# A server that is told to end needs about this.
_STOP_SECONDS = 1.0

Tell = Callable[[int, int, str], None]
"""Candidates done, candidates in all, what happened."""


@dataclass
class Outcome:
    trials: list[Trial]
    confirmation: Confirmation | None
    """None: nothing was worth it, or there was no time for it."""
    drift: float | None
    """The default's throughput at the end over that at the begin."""
    noise: float
    """Standard deviation of one window's throughput, relative to it."""
    start_seconds: float
    """Of a server, as far as can be told."""
    needed: float
    """Seconds that would have allowed one candidate beside the default."""


def search(candidates: Sequence[Candidate], rig: Rig, limits: Limits, tell: Tell) -> Outcome:
    """candidates: the default first. Ends by the deadline, as far as servers start as fast as before; only
    the default's own start may take longer."""
    run = _Search(candidates, rig, limits, tell)
    run.measure_default()
    run.screen()
    return run.decide()


class _Search:
    def __init__(self, candidates: Sequence[Candidate], rig: Rig, limits: Limits, tell: Tell):
        self.trials = [Trial(candidate, why=candidate.excluded) for candidate in candidates]
        self.fleet = Fleet(rig, limits)
        self._limits = limits
        self._tell = tell
        self._tried = 0
        self._needed = 0.0
        self._begun: float | None = None
        """Level of the default's first windows."""

    def measure_default(self) -> None:
        self._try(DEFAULT)
        default = self.trials[DEFAULT]
        if default.status == "measured":
            self._begun = default.level

    def screen(self) -> None:
        """Tries one candidate after the other, the likeliest first, until the time is over."""
        self._needed = self._limits.budget - self.fleet.left + self._cost() + self._reserved()
        allowed = max(0, int((self.fleet.left - self._reserved()) / self._cost()))
        total = sum(not trial.candidate.excluded for trial in self.trials) - 1
        self._progress(
            f"a start takes {self.fleet.start_seconds:.1f} s, a window {self.fleet.window_seconds:.1f} s: "
            f"the budget allows about {min(allowed, total)} of {total} other candidates"
        )
        while (index := order.following(self.trials, self._noise())) is not None:
            if self.fleet.left < self._cost() + self._reserved():
                self._skip_the_rest()
                return
            self._try(index)

    def decide(self) -> Outcome:
        finalists = self._finalists()
        confirmation = None
        if finalists and self.trials[DEFAULT].status == "measured":
            confirmation = confirm(self.trials, DEFAULT, finalists, self.fleet, self._progress)
        drift = self._drift()
        self.fleet.keep([])
        return Outcome(
            self.trials, confirmation, drift, self._noise(), self.fleet.start_seconds, self._needed
        )

    def _try(self, index: int) -> None:
        trial, begin = self.trials[index], self.fleet.now()
        trial.status, trial.why = "measured", ""
        try:
            for count in range(_WINDOWS):
                if count and self.fleet.left < self.fleet.window_seconds + self._reserved():
                    break
                trial.windows.append(self.fleet.measure(index))
                trial.why = self._cannot_win(index)
                if trial.why and index != DEFAULT:
                    trial.status = "stopped"
                    break
        except CannotServe as error:
            trial.status, trial.why = "failed", str(error)
        self.fleet.keep(self._worth_keeping())
        trial.seconds += self.fleet.now() - begin
        self._tried += 1
        what = trial.why if trial.status in ("stopped", "failed") else f"{trial.throughput:.1f} examples/s"
        self._progress(f"{trial.candidate.settings.text()}: {what}")

    def _cannot_win(self, index: int) -> str:
        """Why, or '' while it can."""
        trial, limit = self.trials[index], self._limits.max_latency
        if not trial.keeps(limit):
            return f"its p99 latency of {trial.p99:.1f} ms is above the allowed {limit:g} ms"
        best = self._best()
        if best is None or best == index or not self._is_slower(trial, self.trials[best].windows):
            return ""
        other = self.trials[best]
        if self.fleet.is_alive(best):
            # The machine itself may have become slower since: only now are the two alike.
            try:
                now = self.fleet.measure(best)
            except CannotServe as error:
                other.status, other.why = "failed", str(error)
                return ""
            other.windows.append(now)
            if not self._is_slower(trial, [now]):
                return ""
        return (
            f"{trial.throughput:.1f} examples/s are fewer than the {other.throughput:.1f} of "
            f"{other.candidate.settings.text()} by more than noise"
        )

    def _is_slower(self, trial: Trial, than: list[Window]) -> bool:
        apart = noise.margin(self._noise(), len(trial.windows), len(than))
        return trial.level + apart < log_mean(than)

    def _best(self) -> int | None:
        return next(iter(self._fastest()), None)

    def _fastest(self) -> list[int]:
        """Those that keep the latency, the fastest so far first."""
        limit = self._limits.max_latency
        able = [
            index
            for index, trial in enumerate(self.trials)
            if trial.status == "measured" and trial.windows and trial.keeps(limit)
        ]
        return sorted(able, key=lambda index: -self.trials[index].level)

    def _worth_keeping(self) -> list[int]:
        """Servers that will be measured again; the most needed first."""
        kept = [DEFAULT] if self.trials[DEFAULT].status == "measured" else []
        return kept + [other for other in self._fastest() if other != DEFAULT][:1]

    def _finalists(self) -> list[int]:
        """The two fastest that may be faster than the default, or keep the latency where it does not."""
        default, limit = self.trials[DEFAULT], self._limits.max_latency
        able = [
            index
            for index, trial in enumerate(self.trials)
            if index != DEFAULT and trial.status == "measured" and trial.keeps(limit)
        ]
        if default.status == "measured" and default.keeps(limit):
            able = [index for index in able if not self._is_slower(self.trials[index], default.windows)]
        able.sort(key=lambda index: -self.trials[index].level)
        return able[:2]

    def _drift(self) -> float | None:
        """Measures the default again at the end."""
        default = self.trials[DEFAULT]
        if self._begun is None:
            return None
        try:
            windows = [self.fleet.measure(DEFAULT) for _ in range(2)]
        except CannotServe as error:
            default.why = f"it served at first, but no longer at the end: {error}"
            return None
        if not default.paired:
            default.windows += windows
        return noise.ratio(windows, self._begun)

    def _noise(self) -> float:
        return noise.relative_noise(trial.windows for trial in self.trials)

    def _cost(self) -> float:
        """Seconds for one more candidate, if it is stopped early."""
        return self.fleet.start_seconds + self.fleet.window_seconds + _STOP_SECONDS

    def _reserved(self) -> float:
        """Seconds for what comes after the search."""
        if self.trials[DEFAULT].status == "failed":
            return _STOP_SECONDS
        return seconds_needed(self.fleet) + 2 * self.fleet.window_seconds + 2 * _STOP_SECONDS

    def _skip_the_rest(self) -> None:
        for trial in self.trials:
            if trial.status == "skipped" and not trial.why:
                trial.why = f"the budget of {self._limits.budget:.0f} s was used up by likelier candidates"

    def _progress(self, text: str) -> None:
        self._tell(self._tried, sum(not trial.candidate.excluded for trial in self.trials), text)
