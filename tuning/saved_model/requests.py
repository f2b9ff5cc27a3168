"""The requests by which a model is judged: its own, given ones, or made-up ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tuning.saved_model import generated, samples, warmup
from tuning.saved_model.load import Model
from tuning.saved_model.signature import Signature

WARM_UP, SAMPLES, METADATA = "warm-up assets", "samples", "signature metadata"


@dataclass
class Request:
    signature: str
    inputs: dict[str, np.ndarray]


def requests_for(
    model: Model, *, samples: Path | None = None, batch: int | None = None, count: int = 8, seed: int = 0
) -> tuple[list[Request], str]:
    """Requests for every signature of the model, and where they come from, joined by ' and ' if from several.

    Given samples come first, then the warm-up requests that the model brings; signatures without any get
    `count` made-up ones, the same for the same seed. batch: rows of each request where the signature leaves
    their number open; 0 and None leave given requests as they are and make up requests of one row.
    Raises Refusal for samples that do not fit, and where no request can be made up.
    """
    found, source = _given(model, samples)
    requests = [Request(name, _sized(inputs, model.signatures[name], batch)) for name, inputs in found]
    covered = {request.signature for request in requests}
    missing = [signature for name, signature in model.signatures.items() if name not in covered]
    for signature in missing:
        made = generated.generate(model, signature, batch or 1, count, seed)
        requests += [Request(signature.name, inputs) for inputs in made]
    sources = ([source] if requests and covered else []) + ([METADATA] if missing else [])
    return requests, " and ".join(sources)


def _given(model: Model, file: Path | None) -> tuple[list[tuple[str, dict[str, np.ndarray]]], str]:
    if file is not None:
        return samples.read(file, model.signatures), SAMPLES
    # A warm-up record that the signature does not take fails the version on a server; here it is no use.
    fitting = [
        (name, inputs)
        for name, inputs in warmup.read(model.path)
        if name in model.signatures and inputs.keys() == model.signatures[name].inputs.keys()
    ]
    return fitting, WARM_UP


def _sized(
    inputs: Mapping[str, np.ndarray], signature: Signature, batch: int | None
) -> dict[str, np.ndarray]:
    """The request with `batch` rows, its own repeated or cut, if the signature leaves their number open."""
    if not batch or not _is_batched(inputs, signature):
        return dict(inputs)
    rows = np.arange(batch)
    return {name: array[rows % array.shape[0]] for name, array in inputs.items()}


def _is_batched(inputs: Mapping[str, np.ndarray], signature: Signature) -> bool:
    shapes = [spec.shape for spec in signature.inputs.values()]
    sizes = {array.shape[0] for array in inputs.values() if array.ndim}
    return all(shape and shape[0] is None for shape in shapes) and len(sizes) == 1 and 0 not in sizes
