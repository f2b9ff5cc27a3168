"""One scenario, run by LoadGen."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tuning.benchmark.loadgen import load_loadgen
from tuning.benchmark.plan import Pilot, Plan
from tuning.benchmark.system_under_test import Answered, SystemUnderTest
from tuning.refusal import Refusal
from tuning.saved_model.requests import Request

# LoadGen ends by itself soon after every sample is answered at once, except in Server, which keeps its times.
_PATIENCE = 3.0
_TICK = 1.0


@dataclass(frozen=True)
class Outcome:
    answered: Sequence[Answered]
    errors: int
    first_error: str
    ended: bool
    """False: every request failed in the end and LoadGen was left behind, so that it wrote no summary."""


def run(
    plan: Plan,
    pilot: Pilot,
    ask: Callable[[Request], object],
    samples: Sequence[Request],
    logs: Path,
    *,
    clients: int,
    batch: int,
    on_time: Callable[[float], None],
) -> Outcome:
    """Runs the scenario to its end; LoadGen's logs land in the folder `logs`, which must exist.

    clients: threads that send requests; 0 = the thread that LoadGen issues from. on_time: called each second
    with the seconds that have gone. Raises Refusal if LoadGen itself fails.
    """
    loadgen = load_loadgen()

    def complete(ids: Sequence[int]) -> None:
        loadgen.QuerySamplesComplete([loadgen.QuerySampleResponse(number, 0, 0) for number in ids])

    with SystemUnderTest(
        ask, samples, complete, clients=clients, batch=batch, open_loop=plan.scenario == "Server"
    ) as system:
        # StartTest blocks until the end. From here the test can be watched.
        test = _Test(loadgen, plan.settings(loadgen, pilot), system.issue, len(samples), logs)
        test.start()
        ended = _watch(test, system, on_time)
    if test.error is not None:
        raise Refusal(f"LoadGen failed in {plan.scenario}: {test.error}.")
    return Outcome(tuple(system.answered), system.errors, system.first_error, ended)


class _Test(threading.Thread):
    def __init__(self, loadgen: Any, settings: Any, issue: Callable[..., None], samples: int, logs: Path):
        super().__init__(daemon=True)
        self._loadgen = loadgen
        self._settings = settings
        self._issue = issue
        self._samples = samples
        self._logs = logs
        self.error: Exception | None = None

    def run(self) -> None:
        loadgen = self._loadgen
        try:
            output = loadgen.LogOutputSettings()
            output.outdir = str(self._logs)
            logs = loadgen.LogSettings()
            logs.log_output = output
            logs.enable_trace = False
            system = loadgen.ConstructFastSUT(self._issue, _nothing)
            library = loadgen.ConstructQSL(self._samples, self._samples, _nothing, _nothing)
            # No audit.config of the working folder may change the test.
            loadgen.StartTestWithLogSettings(system, library, self._settings, logs, "")
            loadgen.DestroyQSL(library)
            loadgen.DestroyFastSUT(system)
        except Exception as error:
            self.error = error


def _watch(test: _Test, system: SystemUnderTest, on_time: Callable[[float], None]) -> bool:
    """Until LoadGen ends, or does not although every request fails."""
    begin = time.monotonic()
    given_up_at: float | None = None
    while test.is_alive():
        test.join(_TICK)
        on_time(time.monotonic() - begin)
        if system.given_up.is_set():
            given_up_at = given_up_at or time.monotonic()
            if time.monotonic() - given_up_at > _PATIENCE and test.is_alive():
                return False
    return True


def _nothing(*_: object) -> None:
    """The samples lie in memory already; nothing is to be flushed."""


def new_folder(folder: Path) -> Path:
    """For the logs of one scenario. Raises Refusal."""
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise Refusal(f"--logs: {folder} cannot be made ({error.strerror}).") from None
    return folder
