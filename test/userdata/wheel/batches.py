"""A batcher, and a function in the place of a signature."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from concurrent.futures import Future

import numpy as np
from model_server.batcher import Batcher
from model_server.batching_parameters import BatchingParameters
from model_server.errors import ServingError

LONG = 3_600_000_000
"""A timeout in microseconds that no test waits for."""
SECONDS = 20
"""Until a test gives up."""


class Runs:
    """In the place of a signature: doubles, and notes what it was given."""

    def __init__(self):
        self.inputs: list[np.ndarray] = []
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Semaphore(0)

    def __call__(self, inputs):
        self.inputs.append(inputs["x"].copy())
        self.entered.release()
        assert self.gate.wait(SECONDS)
        return {"y": 2 * inputs["x"]}

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """What runs meanwhile does not end before the block does."""
        self.gate.clear()
        try:
            yield
        finally:
            self.gate.set()


@contextlib.contextmanager
def running(**parameters) -> Iterator[Batcher]:
    batcher = Batcher(BatchingParameters(**{"num_batch_threads": 1, **parameters}))
    try:
        yield batcher
    finally:
        batcher.close()


def rows(*values: float) -> dict[str, np.ndarray]:
    return {"x": np.array(values)}


def doubled(future: Future) -> list:
    return future.result(SECONDS)["y"].tolist()


def error_of(future: Future) -> ServingError:
    error = future.exception(SECONDS)
    assert isinstance(error, ServingError)
    return error
