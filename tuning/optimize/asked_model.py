"""One model in a process of its own: loaded, asked, measured."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import tensorflow as tf

from ..saved_model.load import Model, load
from ..saved_model.requests import Request
from . import exchange
from .exchange import Tell

# Before a measurement: oneDNN makes a shape's primitives in the first pass, TensorFlow its buffers, and a
# model of microseconds goes on getting faster for thousands.
WARM_UP_PASSES = 2
WARM_UP_SECONDS = 0.2
# A reply has to stay small, however fast the model is.
MOST_CALLS = 20_000


class AskedModel:
    """What a worker measures; its methods are the worker's commands."""

    def __init__(self) -> None:
        self._model: Model | None = None
        self._requests: list[Request] = []

    def load(self, model: str, requests: str, intra_op: int, tell: Tell) -> dict[str, Any]:
        """Loads, and asks every request. loadSeconds: loading alone, in a TensorFlow that is up."""
        with tf.Graph().as_default(), tf.compat.v1.Session() as session:
            session.run(tf.constant(0))  # makes the devices: on a server no version waits for them
        begin = time.perf_counter()
        self._model = load(Path(model), intra_op=intra_op)
        seconds = time.perf_counter() - begin
        self._requests = exchange.read_requests(Path(requests))
        for _ in range(WARM_UP_PASSES):
            self._pass()
        return {
            "loadSeconds": seconds,
            "examples": [exchange.examples(request.inputs) for request in self._requests],
        }

    def warm_up(self, tell: Tell) -> None:
        """What is left of it after the passes of load."""
        end = time.perf_counter() + WARM_UP_SECONDS
        while time.perf_counter() < end:
            self._pass()

    def answer(self, file: str, tell: Tell) -> None:
        """Every request once, the answers into a file."""
        exchange.write(Path(file), exchange.answers(self._model, self._requests))

    def compare(self, expected: str, tolerance: dict[str, float], tell: Tell) -> dict[str, Any]:
        """How far its answers are from those in the file."""
        got = exchange.answers(self._model, self._requests)
        return exchange.compared(exchange.read(Path(expected)), got, self._requests, tolerance)

    def measure(self, seconds: float, tell: Tell) -> list[list[float]]:
        """Seconds of each call: a list a pass over all requests. At least one pass, however long it takes.

        The pass before the first is not counted: the other model had the caches.
        """
        self._pass()
        passes = []
        end = time.perf_counter() + seconds
        while not passes or (time.perf_counter() < end and len(passes) * len(self._requests) < MOST_CALLS):
            passes.append(self._pass())
        return passes

    def _pass(self) -> list[float]:
        taken = []
        for request in self._requests:
            begin = time.perf_counter()
            self._model.run(request.signature, request.inputs)
            taken.append(time.perf_counter() - begin)
        return taken
