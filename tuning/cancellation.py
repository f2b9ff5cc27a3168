"""A program that is told to end does so by an exception, so that `finally` and `with` clean up after it."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

_pending: signal.Signals | None = None
_raised = False
_shields = 0


class Cancelled(BaseException):
    """Not an Exception: no `except Exception` on the way out may take it for a failure that it survives."""

    def __init__(self, number: signal.Signals) -> None:
        super().__init__(f"ended by {number.name}")
        self.signal = number

    @property
    def exit_code(self) -> int:
        """As a shell reports it: 130 for SIGINT, 143 for SIGTERM, 129 for SIGHUP."""
        return 128 + self.signal


def _arrived(number: int, _frame: object) -> None:
    """Raises once. Later signals find a clean-up under way, which they could only spoil."""
    global _pending
    if _raised or _pending is not None:
        return
    _pending = signal.Signals(number)
    if not _shields:
        _raise()


def _raise() -> None:
    global _raised
    if _pending is not None and not _raised:
        _raised = True
        raise Cancelled(_pending)


@contextlib.contextmanager
def cancellable() -> Iterator[None]:
    """SIGTERM, SIGINT and SIGHUP raise Cancelled in the main thread, which must be the one that enters this.

    What the caller's shell ignores for us stays ignored: `nohup` SIGHUP, a background job SIGINT.
    """
    global _pending, _raised
    _pending, _raised = None, False
    before = {}
    for number in SIGNALS:
        if number == signal.SIGTERM or signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.signal(number, _arrived)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def shielded() -> Iterator[None]:
    """Puts Cancelled off until the block is over: for what must not be left half done, and is quick.

    Starting a process and noting that it runs is such a thing; so is taking away what was half written.
    """
    global _shields
    _shields += 1
    try:
        yield
    finally:
        _shields -= 1
    if not _shields:
        _raise()
