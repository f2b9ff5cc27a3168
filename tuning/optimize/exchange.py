"""Requests and answers in files, so that processes of their own are asked the very same."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..saved_model.load import Model
from ..saved_model.requests import Request
from .accuracy import Tolerance, compare

# A report names the first; they are mostly one and the same.
MOST_PROBLEMS = 10

Answers = list[dict[str, np.ndarray]]
Tell = Callable[[Any], None]
"""How a command of the worker tells of its progress."""


def write(path: Path, value: Any) -> None:
    # Not .npz: it has no word for bfloat16, and needs pickle for strings anyway.
    with path.open("wb") as file:
        pickle.dump(value, file, protocol=pickle.HIGHEST_PROTOCOL)


def read(path: Path) -> Any:
    with path.open("rb") as file:
        return pickle.load(file)  # noqa: S301 - ours, in a folder that only this user can enter


def answers(model: Model, requests: list[Request]) -> Answers:
    """Every request once, in their order."""
    return [model.run(request.signature, request.inputs) for request in requests]


def compared(
    expected: Answers, got: Answers, requests: list[Request], tolerance: dict[str, float]
) -> dict[str, Any]:
    """The report's account of how far two sets of answers are from each other."""
    found = compare(expected, got, Tolerance(**tolerance))
    worst = None
    if found.request is not None:
        worst = {"signature": requests[found.request].signature, "output": found.worst}
    return {
        "maxAbsolute": found.max_absolute,
        "maxRelative": found.max_relative,
        "worst": worst,
        "passed": found.passed,
        "problems": found.problems[:MOST_PROBLEMS],
    }


def examples(inputs: Mapping[str, np.ndarray]) -> int:
    """Rows of a request: the first dimension where all inputs agree on one, else it is one example."""
    sizes = {np.shape(value)[0] if np.ndim(value) else None for value in inputs.values()}
    size = sizes.pop() if len(sizes) == 1 else None
    return size or 1


def write_requests(path: Path, requests: list[Request]) -> None:
    write(path, [(request.signature, dict(request.inputs)) for request in requests])


def read_requests(path: Path) -> list[Request]:
    return [Request(signature, inputs) for signature, inputs in read(path)]
