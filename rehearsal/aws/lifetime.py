"""How a child process of the rehearsal ends: by a signal, or with whoever started it."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable

POLL_SECONDS = 0.5
# Taken at the first import: a parent that ends while the rest still loads must not be missed.
PARENT = os.getppid()


def end_with_parent(stop: Callable[[], None]) -> None:
    """Call `stop` once: on SIGTERM or SIGINT, or when the parent process is gone."""
    stopped = threading.Event()

    def stop_once(*_: object) -> None:
        if not stopped.is_set():
            stopped.set()
            # In a thread: a server's shutdown waits for the loop that the signal has interrupted.
            threading.Thread(target=stop, daemon=True).start()

    def watch() -> None:
        while not stopped.is_set():
            # An orphan gets another parent: init, or the nearest subreaper.
            if os.getppid() != PARENT:
                stop_once()
            time.sleep(POLL_SECONDS)

    signal.signal(signal.SIGTERM, stop_once)
    signal.signal(signal.SIGINT, stop_once)
    threading.Thread(target=watch, daemon=True).start()
