"""LoadGen's samples: one row each where the signature leaves the number of rows open.

A sample is one example in MLPerf's sense, whatever the number of rows in the requests that a model brings;
Offline then joins as many as a request may carry.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tuning.saved_model.requests import Request
from tuning.saved_model.signature import Signature

_MOST = 1024


def joinable(signature: Signature, requests: Sequence[Request]) -> bool:
    """Whether rows of these requests can ride in one: every input begins with an open dimension, and what
    follows it is the same in all of them."""
    specs = signature.inputs.values()
    if not specs or not all(spec.shape and spec.shape[0] is None for spec in specs):
        return False
    if any(rows(request) is None for request in requests):
        return False
    shapes = {
        tuple((name, array.shape[1:]) for name, array in sorted(request.inputs.items()))
        for request in requests
    }
    return len(shapes) == 1


def rows(request: Request) -> int | None:
    """The size of the first dimension, if all inputs have the same and it is not 0."""
    sizes = {np.shape(array)[:1] for array in request.inputs.values()}
    return (next(iter(sizes)) or (None,))[0] or None if len(sizes) == 1 else None


def split(requests: Sequence[Request]) -> list[Request]:
    """A request for each row, of the first 1,024."""
    single = [
        Request(request.signature, {name: array[row : row + 1] for name, array in request.inputs.items()})
        for request in requests
        for row in range(rows(request) or 0)
    ]
    return single[:_MOST]


def join(requests: Sequence[Request]) -> Request:
    """All their rows in one request."""
    first = requests[0]
    if len(requests) == 1:
        return first
    return Request(
        first.signature,
        {name: np.concatenate([request.inputs[name] for request in requests]) for name in first.inputs},
    )
