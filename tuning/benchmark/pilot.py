"""A short look at the model before LoadGen runs: that it answers, and about how fast.

It also warms up: TensorFlow optimizes a graph at its first call, and connections open.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Sequence

from tuning.benchmark.plan import Pilot
from tuning.benchmark.sample_rows import join
from tuning.benchmark.system_under_test import sentence
from tuning.refusal import Refusal
from tuning.saved_model.requests import Request

_MOST_REQUESTS = 200


def probe(ask: Callable[[Request], object], samples: Sequence[Request]) -> None:
    """Sends samples until one is answered. Raises Refusal, with the first error, when none of 8 is."""
    first = ""
    for sample in samples[:8]:
        try:
            ask(sample)
            return
        except Exception as error:  # the run itself counts what fails; here one answer is enough
            first = first or sentence(error)
    raise Refusal(f"Not one of {min(8, len(samples))} requests was answered: {first}")


def measure(
    ask: Callable[[Request], object], samples: Sequence[Request], *, clients: int, batch: int, seconds: float
) -> Pilot:
    """Half of the seconds one request after the other, half by all clients at once.

    Requests that fail are left out; so are the first ones, which are slower.
    """
    alone = _times(ask, samples, seconds / 2)
    joined = [
        join([samples[(first + row) % len(samples)] for row in range(batch)])
        for first in range(0, len(samples), batch)
    ]
    done, elapsed = _together(ask, joined, clients, seconds / 2)
    latency = statistics.median(alone) if alone else seconds
    throughput = done * batch / elapsed if done else batch / latency
    return Pilot(latency, max(alone, default=seconds), throughput, clients)


def _times(ask: Callable[[Request], object], samples: Sequence[Request], seconds: float) -> list[float]:
    times: list[float] = []
    end = time.monotonic() + seconds
    # At least three, however slow: the first does not count.
    for number in range(_MOST_REQUESTS):
        if number >= 3 and time.monotonic() > end:
            break
        begin = time.perf_counter()
        try:
            ask(samples[number % len(samples)])
        except Exception:  # noqa: S112 - counted by the run itself
            continue
        times.append(time.perf_counter() - begin)
    return times[1:] or times


def _together(
    ask: Callable[[Request], object], requests: Sequence[Request], clients: int, seconds: float
) -> tuple[int, float]:
    """Requests that were answered, and in how many seconds."""
    begin = time.monotonic()
    end = begin + seconds
    counts = [0] * clients

    def work(client: int) -> None:
        number = client
        while time.monotonic() < end:
            try:
                ask(requests[number % len(requests)])
            except Exception:
                return
            counts[client] += 1
            number += clients

    threads = [threading.Thread(target=work, args=(client,), daemon=True) for client in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts), time.monotonic() - begin
