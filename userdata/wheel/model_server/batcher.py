"""Runs requests that arrive together as one batch.

Follows tensorflow/core/kernels/batching_util/shared_batch_scheduler.h and BatchingSession of
tensorflow_serving/batching/batching_session.cc: one pool of threads, one queue for each signature of each
version. A batch takes requests in until it is full, or until its first request has waited for the timeout
and a thread is free.

One difference: requests of different shapes do not share a batch. In TF Serving they do, and all of them
are refused; the batches of all shapes count towards the same limit.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Hashable
from concurrent.futures import Future

import numpy as np

from . import batching_metrics
from .batch import Batch, Task, Tensors, kind_of, merge, rows_of, split
from .batching_parameters import BatchingParameters
from .errors import Code, ServingError, invalid

Run = Callable[[Tensors], dict[str, np.ndarray]]


class Batcher:
    """The threads, and the queues that have something for them to do."""

    def __init__(self, parameters: BatchingParameters):
        self.parameters = parameters
        self._changed = threading.Condition()
        self._busy: list[_Queue] = []
        self._draining = self._closed = False
        self._threads = [
            threading.Thread(target=self._work, name=f"{parameters.thread_pool_name}_{i}", daemon=True)
            for i in range(parameters.num_batch_threads)
        ]
        for thread in self._threads:
            thread.start()

    def queue(self, run: Run) -> Callable[[Tensors], Future[dict[str, np.ndarray]]]:
        """Where requests for one signature are handed in. It raises a ServingError for a request that cannot
        be part of a batch, or finds the queue full."""
        queue = _Queue(run, self.parameters)
        return lambda inputs: self._submit(queue, inputs)

    def drain(self) -> None:
        """From here on no batch waits for more requests."""
        with self._changed:
            self._draining = True
            self._changed.notify_all()

    def close(self) -> None:
        """Ends the threads when they have run what they are at; refuses what still waits."""
        with self._changed:
            self._closed = True
            waiting = [task for queue in self._busy for batch in queue.all() for task in batch.tasks]
            self._busy.clear()
            self._changed.notify_all()
        for task in waiting:
            task.answer.set_exception(_stopped())
        for thread in self._threads:
            thread.join()

    def _submit(self, queue: _Queue, inputs: Tensors) -> Future[dict[str, np.ndarray]]:
        rows, kind = rows_of(inputs), kind_of(inputs)
        batching_metrics.request(rows, len(inputs))
        if rows > self.parameters.max_batch_size:
            raise invalid(
                f"Task size {rows} is larger than maximum input batch size {self.parameters.max_batch_size}"
            )
        task = Task(inputs, rows)
        if not rows:
            # It has no part in any batch. TF Serving lets it wait until others fill one.
            task.answer.set_result(queue.run(inputs))
            return task.answer
        with self._changed:
            if self._closed:
                raise _stopped()
            if queue.add(kind, task):
                self._changed.notify()
            if queue not in self._busy:
                self._busy.append(queue)
        return task.answer

    def _work(self) -> None:
        while (taken := self._take()) is not None:
            self._run(*taken)
            # A thread that waits must not keep a batch's tensors.
            del taken

    def _take(self) -> tuple[Run, Batch] | None:
        """None when closed."""
        with self._changed:
            while not self._closed:
                now = time.monotonic()
                for queue in self._busy:
                    batch = queue.take(now, self._draining)
                    if batch is not None:
                        # The other queues come first the next time.
                        self._busy.remove(queue)
                        if queue.all():
                            self._busy.append(queue)
                        if self._busy:
                            # Another thread has to watch over what still waits.
                            self._changed.notify()
                        return queue.run, batch
                deadlines = [queue.deadline() for queue in self._busy]
                self._changed.wait(max(0, min(deadlines) - now) if deadlines else None)
            return None

    def _run(self, run: Run, batch: Batch) -> None:
        size = self.parameters.padded(batch.rows)
        padding = size - batch.rows
        now = time.monotonic()
        for task in batch.tasks:
            batching_metrics.queued(self.parameters.thread_pool_name, now - task.begin)
        batching_metrics.batch(size, padding)
        try:
            inputs = merge(batch, padding)
            try:
                outputs = run(inputs)
            finally:
                batching_metrics.ran()
            shares = split(outputs, batch, padding)
        except BaseException as error:
            for task in batch.tasks:
                task.answer.set_exception(error)
            return
        for task, share in zip(batch.tasks, shares, strict=True):
            task.answer.set_result(share)


class _Queue:
    """Batches of one signature. Guarded by the batcher's lock."""

    def __init__(self, run: Run, parameters: BatchingParameters):
        self.run = run
        self._most_rows = parameters.max_batch_size
        self._most_batches = parameters.max_enqueued_batches
        self._timeout = parameters.batch_timeout_micros / 1e6
        self._open: dict[Hashable, Batch] = {}
        """One for each kind of request, oldest first."""
        self._closed: deque[Batch] = deque()
        """Oldest first."""

    def all(self) -> list[Batch]:
        return [*self._closed, *self._open.values()]

    def add(self, kind: Hashable, task: Task) -> bool:
        """Whether a thread has something new to do or to wait for."""
        batch = self._open.get(kind)
        fits = batch is not None and batch.rows + task.rows <= self._most_rows
        if not fits:
            count = len(self._closed) + len(self._open)
            if count >= self._most_batches:
                raise ServingError(
                    Code.UNAVAILABLE,
                    "The batch scheduling queue to which this task was submitted is full; currently "
                    f"{count} batches enqueued and max_enqueued_batches is {self._most_batches}",
                )
            if batch is not None:
                self._closed.append(self._open.pop(kind))
            batch = self._open[kind] = Batch([], 0)
        batch.add(task)
        if batch.rows == self._most_rows:
            self._closed.append(self._open.pop(kind))
        return not fits or batch.rows == self._most_rows

    def take(self, now: float, draining: bool) -> Batch | None:
        """The oldest batch that need not wait any longer."""
        kind, oldest = next(iter(self._open.items()), (None, None))
        due = oldest is not None and (draining or now >= oldest.begin + self._timeout)
        if self._closed and not (due and oldest.begin < self._closed[0].begin):
            return self._closed.popleft()
        return self._open.pop(kind) if due else None

    def deadline(self) -> float:
        """When its oldest batch need not wait any longer; asked when take() gave none."""
        return next(iter(self._open.values())).begin + self._timeout


def _stopped() -> ServingError:
    return ServingError(Code.UNAVAILABLE, "The server is stopping")
