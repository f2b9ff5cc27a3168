"""TensorFlow's element types: their wire numbers, their names in messages, and what JSON may hold for them.

Follows AddValueToTensor of tensorflow_serving/util/json_tensor.cc.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

DT_STRING = 7


@dataclass(frozen=True)
class DType:
    name: str
    """As DataTypeString prints it."""
    numpy: type | None = None
    """None: has no JSON form."""
    low: int | None = None
    high: int | None = None
    """Range that a JSON integer must be in (rapidjson's IsInt, IsUint, IsInt64, IsUint64)."""


_INT32 = (-(2**31), 2**31 - 1)

# tensorflow/core/framework/types.proto. The narrow integers take any int32 and wrap, as TensorProto does.
_TYPES = {
    1: DType("float", np.float32),
    2: DType("double", np.float64),
    3: DType("int32", np.int32, *_INT32),
    4: DType("uint8", np.uint8, *_INT32),
    5: DType("int16", np.int16, *_INT32),
    6: DType("int8", np.int8, *_INT32),
    DT_STRING: DType("string", np.object_),
    8: DType("complex64"),
    9: DType("int64", np.int64, -(2**63), 2**63 - 1),
    10: DType("bool", np.bool_),
    11: DType("qint8"),
    12: DType("quint8"),
    13: DType("qint32"),
    14: DType("bfloat16"),
    15: DType("qint16"),
    16: DType("quint16"),
    17: DType("uint16"),
    18: DType("complex128"),
    19: DType("half"),
    20: DType("resource"),
    21: DType("variant"),
    22: DType("uint32", np.uint32, 0, 2**32 - 1),
    23: DType("uint64", np.uint64, 0, 2**64 - 1),
}


def dtype(number: int) -> DType:
    """The type with this wire number; types newer than this table have no JSON form either."""
    return _TYPES.get(number) or DType(f"DataType {number}")
