"""One JSON value as one tensor.

Follows GetDenseTensorShape, FillTensorProto and AddValueToTensor of tensorflow_serving/util/json_tensor.cc.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

import numpy as np

from .dtypes import DT_STRING, DType, dtype
from .errors import invalid, unimplemented
from .json_text import debug_string, type_name
from .numeric_arrays import NumericArray

_MAX_RANK = 32


def read_values(value: Any, dtype_number: int) -> tuple[list, tuple[int, ...]]:
    """The values of a tensor in row-major order, checked against its type, and its shape."""
    if isinstance(value, NumericArray):
        _check_numbers(value, dtype(dtype_number))
        return value.numbers, value.shape
    shape = _dense_shape(value)
    values: list = []
    _fill(value, 0, shape, dtype_number, values)
    return values, shape


def make_array(values: list, shape: tuple[int, ...], dtype_number: int) -> np.ndarray:
    kind = dtype(dtype_number)
    if kind.low is not None and np.dtype(kind.numpy).itemsize < 4:
        return np.array(values, np.int64).astype(kind.numpy).reshape(shape)
    with np.errstate(over="ignore"):
        return np.array(values, kind.numpy).reshape(shape)


def is_base64_object(value: Any) -> bool:
    return isinstance(value, dict) and len(value) == 1 and isinstance(value.get("b64"), str)


def decode_base64_object(value: Any) -> bytes:
    if not is_base64_object(value):
        raise invalid(f"JSON Value: {debug_string(value)} not formatted correctly for base64 data")
    text = "".join(value["b64"].split())
    try:
        # absl::Base64Unescape does without padding
        return base64.b64decode(text + "=" * (-len(text) % 4) if "=" not in text else text, validate=True)
    except (binascii.Error, ValueError):
        raise invalid("Unable to base64 decode") from None


def _dense_shape(value: Any) -> tuple[int, ...]:
    shape = []
    while isinstance(value, list):
        shape.append(len(value))
        if not value:
            break
        value = value[0]
    if len(shape) > _MAX_RANK:
        raise invalid(f"Encountered list at unexpected level: {_MAX_RANK} expected < {_MAX_RANK}")
    return tuple(shape)


def _fill(value: Any, level: int, shape: tuple[int, ...], dtype_number: int, values: list) -> None:
    rank = len(shape)
    if not isinstance(value, list):
        if level != rank:
            raise invalid(
                f"JSON Value: {debug_string(value)} found at incorrect level: {level + 1} in the JSON DOM. "
                f"Expected at level: {rank}"
            )
        values.append(_scalar(value, dtype_number))
        return
    if level >= rank:
        raise invalid(f"Encountered list at unexpected level: {level} expected < {rank}")
    if len(value) != shape[level]:
        raise invalid(
            f"Encountered list at unexpected size: {len(value)} at level: {level} "
            f"expected size: {shape[level]}"
        )
    for element in value:
        _fill(element, level + 1, shape, dtype_number, values)


def _scalar(value: Any, dtype_number: int) -> Any:
    kind = dtype(dtype_number)
    if isinstance(value, dict):
        if dtype_number == DT_STRING:
            return decode_base64_object(value)
        raise _type_error(value, kind)
    if kind.numpy is None:
        raise unimplemented(f"Conversion of JSON Value: {debug_string(value)} to type: {kind.name}")
    if dtype_number == DT_STRING:
        if not isinstance(value, str):
            raise _type_error(value, kind)
        return value.encode()
    if kind.numpy is np.bool_:
        if not isinstance(value, bool):
            raise _type_error(value, kind)
        return value
    if isinstance(value, bool) or not isinstance(value, int if kind.low is not None else (int, float)):
        raise _type_error(value, kind)
    if kind.low is not None and not kind.low <= value <= kind.high:
        raise _type_error(value, kind)
    return value


def _check_numbers(array: NumericArray, kind: DType) -> None:
    if kind.numpy in (np.float32, np.float64):
        return
    values = np.array(array.numbers) if kind.low is not None else None
    if values is None or values.dtype.kind not in "iu" or values.min() < kind.low or values.max() > kind.high:
        raise invalid(f"JSON Value: list of numbers is not of expected type: {kind.name}")


def _type_error(value: Any, kind: DType) -> Exception:
    return invalid(
        f"JSON Value: {debug_string(value)} Type: {type_name(value)} is not of expected type: {kind.name}"
    )
