"""What LoadGen asks: samples by their index, answered by threads that send requests.

LoadGen waits for every sample that it issued, so each one is completed, also where its request failed: the
failure is counted, its first sentence kept, and no time of it goes into our own figures.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from queue import SimpleQueue

from tuning.benchmark.sample_rows import join
from tuning.saved_model.requests import Request

_IN_A_ROW = 10
_MOST_JOINED = 512

Answered = tuple[int, int, int]
"""When a request was sent and answered (ns of perf_counter), and how many samples it carried."""


class SystemUnderTest:
    """A context manager that ends its threads.

    ask: sends a request, raises for anything but an answer; many threads call it.
    complete: tells LoadGen that the samples with these ids are done.
    clients: threads; 0 = requests are sent by the thread that issues them, one after the other.
    batch: most samples in one request.
    open_loop: a request's time begins when its sample is issued (Server), not when a thread is free for it.
    """

    def __init__(
        self,
        ask: Callable[[Request], object],
        samples: Sequence[Request],
        complete: Callable[[Sequence[int]], None],
        *,
        clients: int,
        batch: int = 1,
        open_loop: bool = False,
    ):
        self._ask = ask
        self._samples = samples
        self._complete = complete
        self._batch = batch
        self._open_loop = open_loop
        self._queue: SimpleQueue[tuple[int, Sequence[int], Sequence[int]] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._joined: dict[tuple[int, ...], Request] = {}
        self._in_a_row = 0
        self.answered: list[Answered] = []
        self.errors = 0
        """Samples without an answer."""
        self.first_error = ""
        self.given_up = threading.Event()
        """Set when ten requests in a row have failed: from then on none is sent, all count as errors."""
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(clients)]
        for thread in self._threads:
            thread.start()

    def issue(self, ids: Sequence[int], indexes: Sequence[int]) -> None:
        """LoadGen's callback."""
        issued = time.perf_counter_ns()
        for first in range(0, len(ids), self._batch):
            job = (issued, ids[first : first + self._batch], indexes[first : first + self._batch])
            if self._threads:
                self._queue.put(job)
            else:
                self._serve(*job)

    def __enter__(self) -> SystemUnderTest:
        return self

    def __exit__(self, *_: object) -> None:
        for _thread in self._threads:
            self._queue.put(None)
        # A thread may wait for a server that does not answer; it is a daemon and ends with the process.
        for thread in self._threads:
            thread.join(timeout=1 if self.given_up.is_set() else 10)

    def _work(self) -> None:
        while (job := self._queue.get()) is not None:
            self._serve(*job)

    def _serve(self, issued: int, ids: Sequence[int], indexes: Sequence[int]) -> None:
        begin = issued if self._open_loop else time.perf_counter_ns()
        try:
            if self.given_up.is_set():
                raise _NotSent
            self._ask(self._request(indexes))
        except Exception as error:  # whatever it is, LoadGen waits for the samples
            self._failed(error, len(ids))
        else:
            self.answered.append((begin, time.perf_counter_ns(), len(ids)))
            self._in_a_row = 0
        self._complete(ids)

    def _request(self, indexes: Sequence[int]) -> Request:
        if len(indexes) == 1:
            return self._samples[indexes[0]]
        key = tuple(indexes)
        request = self._joined.get(key)
        if request is None:
            request = join([self._samples[index] for index in indexes])
            if len(self._joined) < _MOST_JOINED:
                # LoadGen repeats its set: the same samples meet again.
                self._joined[key] = request
        return request

    def _failed(self, error: Exception, samples: int) -> None:
        with self._lock:
            self.errors += samples
            if isinstance(error, _NotSent):
                return
            self.first_error = self.first_error or sentence(error)
            self._in_a_row += 1
            if self._in_a_row >= _IN_A_ROW:
                self.given_up.set()


class _NotSent(Exception):
    """The run was given up before this request."""


def sentence(error: Exception) -> str:
    """What went wrong: of TensorFlow's errors the message, without its listing of the graph."""
    text = str(getattr(error, "message", "") or error).split("\n")[0]
    text = " ".join(text.split()).rstrip(".")[:400]
    return f"{text or type(error).__name__}."
