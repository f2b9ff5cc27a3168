"""What a batch is made of: requests' tensors, joined along dimension 0, and the shares of its outputs.

Follows MergeInputTensors, SplitOutputTensors and ComputeInputSize of
tensorflow_serving/batching/batching_session.cc.
"""

from __future__ import annotations

import time
from collections.abc import Hashable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field

import numpy as np

from .errors import Code, ServingError, invalid

Tensors = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Task:
    """One request, or one warm-up record."""

    inputs: Tensors
    rows: int
    answer: Future[dict[str, np.ndarray]] = field(default_factory=Future)
    begin: float = field(default_factory=time.monotonic)


@dataclass
class Batch:
    tasks: list[Task]
    rows: int

    @property
    def begin(self) -> float:
        return self.tasks[0].begin

    def add(self, task: Task) -> None:
        self.tasks.append(task)
        self.rows += task.rows


def rows_of(inputs: Tensors) -> int:
    rows = None
    for tensor in inputs.values():
        if tensor.ndim == 0:
            raise invalid("Batching Run() input tensors must have at least one dimension")
        if rows not in (None, len(tensor)):
            raise invalid("Batching Run() input tensors must have equal 0th-dimension size")
        rows = len(tensor)
    if rows is None:
        raise invalid("Batching Run() must have at least one input tensor")
    return rows


def kind_of(inputs: Tensors) -> Hashable:
    """What requests must have in common to be joined: all but the size of dimension 0."""
    return tuple((name, tensor.shape[1:], tensor.dtype) for name, tensor in inputs.items())


def merge(batch: Batch, padding: int) -> dict[str, np.ndarray]:
    """The inputs of one run. Padding is copies of the last request's first row: a valid one."""
    tasks = batch.tasks
    if len(tasks) == 1 and not padding:
        return dict(tasks[0].inputs)
    merged = {}
    for name, last in tasks[-1].inputs.items():
        parts = [task.inputs[name] for task in tasks]
        if padding:
            parts.append(np.broadcast_to(last[:1], (padding, *last.shape[1:])))
        merged[name] = np.concatenate(parts)
    return merged


def split(outputs: Tensors, batch: Batch, padding: int) -> Iterable[dict[str, np.ndarray]]:
    """Each task's own rows, in the order of the tasks."""
    for tensor in outputs.values():
        if np.ndim(tensor) == 0:
            raise ServingError(Code.FAILED_PRECONDITION, "Batched output tensor has 0 dimensions")
        if len(tensor) != batch.rows + padding:
            raise ServingError(
                Code.FAILED_PRECONDITION,
                "Batched output tensor's 0th dimension does not equal the sum of the 0th dimension sizes of "
                "the input tensors",
            )
    shares, end = [], 0
    for task in batch.tasks:
        start, end = end, end + task.rows
        shares.append({name: tensor[start:end] for name, tensor in outputs.items()})
    return shares
