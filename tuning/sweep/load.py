"""A process of closed-loop clients: each sends its next request when it has the answer to the last one.

    python -m tuning.sweep.load REQUESTS

REQUESTS is a file that `prepare` wrote. Each line on standard input is an order, {"url", "clients",
"seconds"}; each line on standard output is what it gave, {"rate", "latencies", "error", "cpu"}. A process of
its own, so that Python's lock is not shared with whoever steers the sweep; it ends with its input.
"""

from __future__ import annotations

import itertools
import json
import pickle
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tuning.benchmark.endpoint import Client, EndpointError, connect

REQUEST_SECONDS = 60.0
"""A request that takes longer is an error."""


@dataclass
class Question:
    """A request, in a process that needs no TensorFlow."""

    signature: str
    inputs: Mapping[str, np.ndarray]
    rows: int = 1
    """Examples in it."""


class _Loop(threading.Thread):
    """One client."""

    def __init__(self, client: Client, questions: Sequence[Question], first: int, begin: float, end: float):
        super().__init__(daemon=True)
        self._client = client
        self._questions = itertools.cycle([*questions[first:], *questions[:first]])
        self._begin, self._end = begin, end
        self.rows = 0
        self.last = begin
        self.latencies: list[float] = []
        self.error = ""

    def run(self) -> None:
        now = time.perf_counter()
        while now < self._end and not self.error:
            question = next(self._questions)
            try:
                self._client.exchange(question)
            except EndpointError as error:
                self.error = str(error)
                return
            self.last = time.perf_counter()
            self.latencies.append((self.last - now) * 1e3)
            self.rows += question.rows
            now = self.last

    @property
    def rate(self) -> float:
        """Examples per second until its last answer: what is cut off at the window's end is not idleness."""
        return self.rows / (self.last - self._begin) if self.rows else 0.0


def run(client: Client, questions: Sequence[Question], clients: int, seconds: float) -> dict[str, Any]:
    """Loads the server for `seconds`, and until the requests that are then in flight are answered."""
    begin, cpu = time.perf_counter(), time.process_time()
    loops = [
        _Loop(client, questions, index % len(questions), begin, begin + seconds) for index in range(clients)
    ]
    for loop in loops:
        loop.start()
    for loop in loops:
        loop.join()
    return {
        "rate": sum(loop.rate for loop in loops),
        "latencies": [round(latency, 4) for loop in loops for latency in loop.latencies],
        "error": next((loop.error for loop in loops if loop.error), ""),
        "cpu": (time.process_time() - cpu) / (time.perf_counter() - begin),
    }


def main(file: Path) -> int:
    questions = [Question(*fields) for fields in pickle.loads(file.read_bytes())]  # noqa: S301 - our own file
    connected: dict[str, Client] = {}
    for line in sys.stdin:
        order = json.loads(line)
        url, clients = order["url"], order["clients"]
        if order.get("forget"):
            if url in connected:
                connected.pop(url).close()
            continue
        if url not in connected:
            connected[url] = connect(url, connections=clients, timeout=REQUEST_SECONDS)
        print(json.dumps(run(connected[url], questions, clients, order["seconds"])), flush=True)
    return 0


if __name__ == "__main__":
    # The terminal's Ctrl-C reaches us too; whoever steers us ends us when it is done.
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(main(Path(sys.argv[1])))
