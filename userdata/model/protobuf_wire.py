"""The protobuf wire format, as much as reading a few fields takes: the instance's own Python has no
protobuf library. https://protobuf.dev/programming-guides/encoding/"""

from __future__ import annotations

import struct

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


def varint(data, at):
    """The unsigned number at this place, and the place after it."""
    number = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise ValueError("the protobuf message is cut short")
        byte = data[at]
        number |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return number, at
        shift += 7


def signed(number):
    """int32 and int64 travel as 64 bits in two's complement."""
    number &= (1 << 64) - 1
    return number - (1 << 64) if number >> 63 else number


def fields(data):
    """Yields (field number, wire type, value); lengths are checked, and bytes are not copied."""
    data = memoryview(data)
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        number, kind = key >> 3, key & 7
        if kind == VARINT:
            value, at = varint(data, at)
        elif kind in (BYTES, FIXED32, FIXED64):
            size = {FIXED32: 4, FIXED64: 8}.get(kind)
            if size is None:
                size, at = varint(data, at)
            value, at = data[at : at + size], at + size
            if at > len(data):
                raise ValueError("the protobuf message is cut short")
        else:
            raise ValueError(f"wire type {kind} is not one of protobuf's")
        yield number, kind, value


def messages(data, number):
    """The length-delimited values of one field, in order."""
    return [value for found, kind, value in fields(data) if found == number and kind == BYTES]


def numbers(kind, value):
    """The varints of a repeated field's one occurrence, packed or not."""
    if kind == VARINT:
        return [value]
    found, at = [], 0
    while at < len(value):
        one, at = varint(value, at)
        found.append(one)
    return found


def fixed(value, code):
    """The floats ("f") or doubles ("d") of a repeated field's one occurrence, packed or not."""
    return list(struct.unpack(f"<{len(value) // struct.calcsize(code)}{code}", value))
