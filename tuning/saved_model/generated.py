"""Requests made up from a signature, for a model that brings none: values by dtype, sizes by declared shape.

A signature does not say how many words an embedding knows or what a string holds, so several readings are
tried, the likeliest first, and the first that the model answers is used.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from tuning.refusal import Refusal
from tuning.saved_model.load import Model
from tuning.saved_model.signature import Signature, TensorSpec

_WORDS = ("graviton", "serves", "a", "model", "quickly", "and", "well")
# A PNG of one pixel: what a graph that decodes images takes.
_PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c"
    "49444154789c636870f80f00030301c0fe875be40000000049454e44ae426082"
)
_RANKS_OF_IMAGES = 4


@dataclass(frozen=True)
class Reading:
    """One guess at what a signature leaves open."""

    below: int = 1000
    """Integers are from 0 to this number, exclusive: below an embedding's number of rows."""
    image: int = 224
    """Size of an unknown dimension of a tensor of rank 4 and more."""
    other: int = 64
    """Size of any other unknown dimension but the first."""
    text: str = "words"
    """What a string is: words, a number, an image, an empty tf.Example."""


def generate(
    model: Model, signature: Signature, batch: int, count: int, seed: int
) -> list[dict[str, np.ndarray]]:
    """`count` requests with `batch` as the size of each unknown first dimension, the same for the same seed.

    Raises Refusal when the model answers none of the readings.
    """
    first_error = None
    for reading in _readings(signature):
        generator = np.random.default_rng([seed, zlib.crc32(signature.name.encode())])
        requests = [
            {name: _value(spec, reading, batch, generator) for name, spec in signature.inputs.items()}
            for _ in range(count)
        ]
        try:
            for request in requests:
                model.run(signature.name, request)
            return requests
        except (tf.errors.OpError, ValueError) as error:
            first_error = first_error or error
    text = " ".join(str(getattr(first_error, "message", "") or first_error).split())[:200]
    text = text.removeprefix("Graph execution error: ")
    raise Refusal(
        f"Signature {signature.name!r} answers no request made up from its metadata ({text}); "
        "give it real ones with --samples."
    )


def _readings(signature: Signature) -> Iterator[Reading]:
    specs = signature.inputs.values()
    # Token numbers of a vocabulary, classes of a small embedding, flags.
    belows = (1000, 100, 10, 2) if any(spec.dtype.startswith(("int", "uint")) for spec in specs) else (1000,)
    texts = (
        ("words", "number", "image", "example")
        if any(spec.dtype == "string" for spec in specs)
        else ("words",)
    )
    open_sizes = any(spec.shape is None or None in spec.shape[1:] for spec in specs)
    sizes = ((224, 64), (64, 16), (32, 8), (8, 4), (1, 1)) if open_sizes else ((224, 64),)
    for image, other in sizes:
        for text in texts:
            for below in belows:
                yield Reading(below, image, other, text)


def _value(spec: TensorSpec, reading: Reading, batch: int, generator: np.random.Generator) -> np.ndarray:
    shape = _shape(spec, reading, batch)
    dtype = tf.dtypes.as_dtype(spec.dtype)
    if spec.dtype == "string":
        flat = [_text(reading.text, generator) for _ in range(int(np.prod(shape)))]
        array = np.empty(len(flat), dtype=object)
        array[:] = flat
        return array.reshape(shape)
    if dtype.is_bool:
        return generator.integers(0, 2, shape).astype(bool)
    if dtype.is_integer:
        return generator.integers(0, min(reading.below, dtype.max), shape).astype(dtype.as_numpy_dtype)
    if dtype.is_complex:
        return (generator.normal(size=shape) + 1j * generator.normal(size=shape)).astype(dtype.as_numpy_dtype)
    if dtype.is_floating:
        return generator.normal(size=shape).astype(dtype.as_numpy_dtype)
    raise Refusal(
        f"Input {spec.name!r} is {spec.dtype}, for which no request can be made up; give --samples."
    )


def _shape(spec: TensorSpec, reading: Reading, batch: int) -> tuple[int, ...]:
    if spec.shape is None:
        return (batch, reading.other)
    open_size = reading.image if len(spec.shape) >= _RANKS_OF_IMAGES else reading.other
    return tuple(
        size if size is not None else batch if place == 0 else open_size
        for place, size in enumerate(spec.shape)
    )


def _text(kind: str, generator: np.random.Generator) -> bytes:
    if kind == "words":
        return " ".join(generator.choice(_WORDS, 4)).encode()
    if kind == "number":
        return str(int(generator.integers(0, 10))).encode()
    return _PNG if kind == "image" else b""
