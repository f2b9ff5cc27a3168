"""Large arrays of numbers in a request, parsed without building the nested lists.

For a tensor of shape [1, 43844, 1] a JSON parser makes 43,844 lists of one element, which costs more than
the numbers themselves. Here the brackets are checked as text, by comparing them with the pattern that a
regular array of the same shape has; then all numbers are parsed as one flat list.

Nothing here decides what a request means: whatever is not a regular array of numbers is left in the text
for the exact reader, and so is every array when the request turns out to be wrong.
"""

from __future__ import annotations

import math
import secrets
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson

_WORTH_BYTES = 64
_MAX_PARTS = 10_000
_MAX_RANK = 32
_OPEN, _CLOSE, _COMMA = b"[],"
_NUMBER_CHARACTERS = b"0123456789+-.eE"
_BRACKETS_TO_SPACES = bytes.maketrans(b"[]", b"  ")

# Stands for an array in the text that is left; random, so that no client can send it.
_MARK = secrets.token_hex(16)


@dataclass(frozen=True)
class NumericArray:
    """A regular, never empty array: its numbers in row-major order (int or float, as JSON wrote them)."""

    numbers: list
    shape: tuple[int, ...]


def parse(body: bytes) -> dict[str, Any] | None:
    """The request as JSON with its arrays of numbers as NumericArray, or None where that does not apply."""
    if b"\\" in body:
        return None
    # Even parts are outside of strings.
    parts = body.split(b'"', _MAX_PARTS)
    if len(parts) > _MAX_PARTS:
        return None
    found: dict[str, NumericArray] = {}
    for index in range(0, len(parts), 2):
        part = parts[index]
        if len(part) < _WORTH_BYTES:
            continue
        begin = part.find(b"[")
        stop = part.find(b"}", begin)
        end = part.rfind(b"]", begin, stop if stop >= 0 else len(part))
        array = _parse_array(part[begin : end + 1]) if 0 <= begin < end else None
        if array is not None:
            key = f"{_MARK}{len(found)}"
            found[key] = array
            parts[index] = part[:begin] + b'"' + key.encode() + b'"' + part[end + 1 :]
    if not found:
        return None
    try:
        document = orjson.loads(b'"'.join(parts))
    except orjson.JSONDecodeError:
        return None
    return _put_back(document, found)


def _put_back(document: Any, found: dict[str, NumericArray]) -> dict[str, Any] | None:
    """Puts the arrays where tensors can be; None when one of them was anywhere else."""
    if not isinstance(document, dict):
        return None
    left = dict(found)

    def resolve(value: Any) -> Any:
        return left.pop(value, value) if isinstance(value, str) else value

    for key in ("instances", "inputs"):
        value = resolve(document.get(key))
        for holder in value if isinstance(value, list) else (value,):
            if isinstance(holder, dict):
                for name, member in holder.items():
                    holder[name] = resolve(member)
        if key in document:
            document[key] = value
    return None if left else document


def _parse_array(text: bytes) -> NumericArray | None:
    # What Python's json.dumps puts after each comma. Other white space is left to the exact reader, because
    # taking it out blindly would make one number of two.
    if b" " in text:
        text = text.replace(b", ", b",")
    brackets = text.translate(None, _NUMBER_CHARACTERS)
    shape = _regular_shape(brackets)
    if shape is None or not _brackets_enclose_values(text):
        return None
    try:
        numbers = orjson.loads(b"[" + text.translate(_BRACKETS_TO_SPACES) + b"]")
    except orjson.JSONDecodeError:
        return None
    return NumericArray(numbers, shape) if len(numbers) == math.prod(shape) else None


def _regular_shape(brackets: bytes) -> tuple[int, ...] | None:
    """The shape of the array that has these brackets and commas, if all lists of a level are equally long."""
    rank = len(brackets) - len(brackets.lstrip(b"["))
    if not 0 < rank <= _MAX_RANK:
        return None
    block, shape = b"", []
    for level in range(1, rank + 1):
        start = rank - level
        close = brackets.find(b"]" * level, start)
        if close < 0:
            return None
        length = close + level - start
        # [block,block,…]: size blocks and size - 1 commas inside two brackets
        size, rest = divmod(length - 1, len(block) + 1)
        if rest:
            return None
        block = b"[" + block + (b"," + block) * (size - 1) + b"]"
        if brackets[start : close + level] != block:
            return None
        shape.append(size)
    return tuple(reversed(shape)) if block == brackets else None


def _brackets_enclose_values(text: bytes) -> bool:
    """No bracket touches a number from the outside, as in [1[,2]], whose numbers alone look right."""
    characters = np.frombuffer(text, np.uint8)
    opens, closes, commas = characters == _OPEN, characters == _CLOSE, characters == _COMMA
    # On booleans, > is "and not".
    return not ((opens[1:] > (opens | commas)[:-1]).any() or (closes[:-1] > (closes | commas)[1:]).any())
