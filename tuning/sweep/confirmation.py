"""The best against the default once more, in turns: only what is measured here decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tuning.sweep.fleet import Fleet
from tuning.sweep.noise import Verdict, compare
from tuning.sweep.servers.server import CannotServe
from tuning.sweep.trial import Trial

_LEAST_ROUNDS = 5
_WANTED_ROUNDS = 8
_MOST_ROUNDS = 10
# To measure the default once more, and to end the servers.
_AFTERWARDS_SECONDS = 5.0


@dataclass
class Confirmation:
    rounds: int
    verdicts: dict[int, Verdict]
    """By index of the candidate."""


def seconds_needed(fleet: Fleet) -> float:
    """For enough rounds with one finalist, whose server must be started again where room is short."""
    again = fleet.start_seconds if fleet.capacity < 3 else 0.0
    return 2 * _WANTED_ROUNDS * fleet.window_seconds + again


def confirm(
    trials: Sequence[Trial],
    default: int,
    finalists: Sequence[int],
    fleet: Fleet,
    tell: Callable[[str], None],
) -> Confirmation | None:
    """Measures the default and the finalists in rounds, forwards and backwards, as long as time is left.

    None when the time does not suffice for enough rounds, or the default fails.
    """
    taking_part = _started([default, *finalists], trials, fleet)
    if default not in taking_part:
        return None
    while len(taking_part) > 1 and _rounds(fleet, len(taking_part)) < _LEAST_ROUNDS:
        fleet.stop(taking_part.pop())
    if len(taking_part) < 2:
        return None
    rounds = min(_MOST_ROUNDS, _rounds(fleet, len(taking_part)))
    for number in range(rounds):
        tell(f"confirming in turns, round {number + 1} of {rounds}")
        for index in taking_part if number % 2 == 0 else list(reversed(taking_part)):
            trial, begin = trials[index], fleet.now()
            try:
                trial.paired.append(fleet.measure(index))
            except CannotServe as error:
                trial.status, trial.why = "failed", str(error)
            trial.seconds += fleet.now() - begin
        taking_part = [index for index in taking_part if trials[index].status == "measured"]
        if default not in taking_part or len(taking_part) < 2:
            break
    verdicts = {
        index: compare(trials[index].paired, trials[default].paired[: len(trials[index].paired)])
        for index in taking_part
        if index != default
    }
    for trial in trials:
        # A finalist that dropped out is judged by the search again.
        if trial.status == "failed":
            trial.paired.clear()
    return Confirmation(rounds, verdicts) if default in taking_part and verdicts else None


def _rounds(fleet: Fleet, servers: int) -> int:
    """How many fit, with two windows of the default after them and time to end the servers."""
    window = fleet.window_seconds
    return int((fleet.left - 2 * window - 1.0 - 0.5 * servers) / (servers * window))


def _started(indexes: list[int], trials: Sequence[Trial], fleet: Fleet) -> list[int]:
    """Those whose server is alive or starts again, as many as there is room and time for."""
    fleet.keep(indexes)
    alive = []
    for index in indexes[: fleet.capacity]:
        rounds = (len(alive) + 1) * _LEAST_ROUNDS * fleet.window_seconds
        if not fleet.is_alive(index) and fleet.left < fleet.start_seconds + rounds + _AFTERWARDS_SECONDS:
            continue
        try:
            fleet.provide(index)
        except CannotServe as error:
            trials[index].status, trials[index].why = "failed", f"it started once, then not again: {error}"
            continue
        alive.append(index)
    return alive
