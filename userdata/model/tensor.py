"""A TensorProto as nested lists. https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/framework/tensor.proto"""

from __future__ import annotations

import struct

from protobuf_wire import BYTES, VARINT, fields, fixed, numbers, signed, varint

_MOST_VALUES = 10_000_000
_STRING, _BOOL, _BFLOAT16, _HALF = 7, 10, 14, 19
# DataType → how tensor_content holds it (struct's code).
_CONTENT = {1: "f", 2: "d", 3: "i", 4: "B", 5: "h", 6: "b", 9: "q", _BOOL: "?", _BFLOAT16: "H", 17: "H",
            _HALF: "e", 22: "I", 23: "Q"}  # fmt: skip
# The fields that hold values one by one.
_FLOAT_VAL, _DOUBLE_VAL, _STRING_VAL, _BOOL_VAL, _HALF_VAL = 5, 6, 8, 11, 13
_INTEGER_VALS = {7: True, 10: True, 16: False, 17: False}  # int, int64, uint32, uint64: whether signed


class NotSendable(Exception):
    """It is a fine tensor or model, but JSON has no form for it."""


def to_nested_list(data, from_bytes):
    """`from_bytes` makes of a string what stands for it in the list."""
    dtype, shape, content, values = _parse(data)
    if dtype not in _CONTENT and dtype != _STRING:
        raise NotSendable(f"a tensor of DataType {dtype} has no form in JSON")
    count = 1
    for size in shape:
        count *= size
    if count > _MOST_VALUES:
        raise NotSendable(f"a tensor of shape {shape} is too large for a request in JSON")
    if content:
        values = _strings(content, count) if dtype == _STRING else _unpack(content, _CONTENT[dtype])
        if dtype == _BFLOAT16:
            values = [_bfloat16(bits) for bits in values]
    if len(values) > count or (content and len(values) != count):
        raise ValueError(f"a tensor of shape {shape} holds {len(values)} values")
    # TensorFlow leaves out what repeats at the end, and zeros altogether.
    last = values[-1] if values else {_STRING: b"", _BOOL: False}.get(dtype, 0)
    values = values + [last] * (count - len(values))
    if dtype == _STRING:
        values = [from_bytes(value) for value in values]
    return _nest(values, shape)


def _parse(data):
    dtype, shape, content, values = 0, [], b"", []
    for number, kind, value in fields(data):
        if number == 1 and kind == VARINT:
            dtype = value
        elif number == 2 and kind == BYTES:
            shape = _shape(value)
        elif number == 4 and kind == BYTES:
            content = bytes(value)
        elif number == _FLOAT_VAL:
            values += fixed(value, "f")
        elif number == _DOUBLE_VAL:
            values += fixed(value, "d")
        elif number == _STRING_VAL:
            values.append(bytes(value))
        elif number == _BOOL_VAL:
            values += [bool(one) for one in numbers(kind, value)]
        elif number == _HALF_VAL:
            values += [_from_half(one, dtype) for one in numbers(kind, value)]
        elif number in _INTEGER_VALS:
            values += [signed(one) if _INTEGER_VALS[number] else one for one in numbers(kind, value)]
    return dtype, shape, content, values


def _shape(data):
    shape = []
    for number, kind, value in fields(data):
        if number == 2 and kind == BYTES:  # dim
            sizes = [signed(size) for field, _, size in fields(value) if field == 1]
            shape.append(sizes[-1] if sizes else 0)
        elif number == 3 and kind == VARINT and value:
            raise ValueError("a tensor of a request has no known rank")
    if any(size < 0 for size in shape):
        raise ValueError(f"a tensor of a request has the shape {shape}")
    return shape


def _unpack(content, code):
    if len(content) % struct.calcsize(code):
        raise ValueError("a tensor's content is cut short")
    return list(struct.unpack(f"<{len(content) // struct.calcsize(code)}{code}", content))


def _strings(content, count):
    """All lengths as varints, then all bytes."""
    lengths, values, at = [], [], 0
    for _ in range(count):
        length, at = varint(content, at)
        lengths.append(length)
    for length in lengths:
        values.append(content[at : at + length])
        at += length
    if at != len(content):
        raise ValueError("a tensor's strings are cut short")
    return values


def _from_half(bits, dtype):
    if dtype == _BFLOAT16:
        return _bfloat16(bits)
    return struct.unpack("<e", struct.pack("<H", bits))[0]


def _bfloat16(bits):
    return struct.unpack("<f", struct.pack("<I", bits << 16))[0]


def _nest(values, shape):
    if not shape:
        return values[0]
    size = 1
    for inner in shape[1:]:
        size *= inner
    if len(shape) == 1:
        return values
    return [_nest(values[at * size : (at + 1) * size], shape[1:]) for at in range(shape[0])]
