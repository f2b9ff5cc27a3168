"""Named tensors as the body of a :predict response.

Follows MakeJsonFromTensors of tensorflow_serving/util/json_tensor.cc; white space is left out.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import orjson

from .errors import invalid

_BYTES_SUFFIX = "_bytes"
_WRITABLE = {
    np.dtype(kind) for kind in ("f4", "f8", "i1", "i2", "i4", "i8", "u1", "u4", "u8", "?", "O")
}  # AddSingleValueAndAdvance


def write(tensors: Mapping[str, np.ndarray], row_form: bool) -> bytes:
    if not tensors:
        raise invalid("Cannot convert empty tensor map to JSON")
    document = {"predictions": _rows(tensors)} if row_form else {"outputs": _columns(tensors)}
    return orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY)


def _rows(tensors: Mapping[str, np.ndarray]) -> Any:
    batch_size = -1
    for name, tensor in tensors.items():
        if tensor.ndim == 0:
            raise invalid(f"Tensor name: {name} has no shape information ")
        if batch_size >= 0 and batch_size != len(tensor):
            raise invalid(
                f"Tensor name: {name} has inconsistent batch size: {len(tensor)} expecting: {batch_size}"
            )
        batch_size = len(tensor)
    if len(tensors) == 1:
        ((name, tensor),) = tensors.items()
        return _value(name, tensor)
    return [
        {name: _value(name, tensor[item]) for name, tensor in tensors.items()} for item in range(batch_size)
    ]


def _columns(tensors: Mapping[str, np.ndarray]) -> Any:
    values = {name: _value(name, tensor) for name, tensor in tensors.items()}
    return values if len(values) > 1 else next(iter(values.values()))


def _value(name: str, tensor: Any) -> Any:
    """What orjson can write for a tensor, or for one element of a batch."""
    if isinstance(tensor, (bytes, str)):
        return _text(name, tensor)
    if tensor.dtype not in _WRITABLE:
        kind = {"float16": "half"}.get(tensor.dtype.name, tensor.dtype.name)
        raise invalid(f"Failed to write JSON value for tensor type: {kind}")
    if tensor.dtype == object:
        return _texts(name, tensor.tolist())
    if tensor.dtype.kind == "f" and not np.isfinite(tensor).all():
        return orjson.Fragment(_with_non_finite(tensor))
    return np.ascontiguousarray(tensor) if tensor.ndim else tensor[()]


def _texts(name: str, value: Any) -> Any:
    return [_texts(name, element) for element in value] if isinstance(value, list) else _text(name, value)


def _text(name: str, value: bytes | str) -> Any:
    data = value.encode() if isinstance(value, str) else value
    if name.endswith(_BYTES_SUFFIX):
        return {"b64": base64.b64encode(data).decode("ascii")}
    # TF Serving copies bytes that are no UTF-8 into the body, which then is no JSON.
    return data.decode("utf-8", "replace")


def _with_non_finite(tensor: np.ndarray) -> bytes:
    """orjson writes null for what JSON has no number for; TF Serving writes NaN, Infinity and -Infinity."""
    values = np.ravel(tensor)
    names = iter(
        b"NaN" if np.isnan(value) else b"Infinity" if value > 0 else b"-Infinity"
        for value in values[~np.isfinite(values)]
    )
    text = orjson.dumps(
        np.ascontiguousarray(tensor) if tensor.ndim else float(tensor), option=orjson.OPT_SERIALIZE_NUMPY
    )
    return re.sub(b"null", lambda _: next(names), text)
