"""JSON as TF Serving reads it (rapidjson, with NaN and Infinity), and JSON values in its error messages.

Follows ParseJson and JsonValueToDebugString of tensorflow_serving/util/json_tensor.cc.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

import orjson

from .errors import invalid

# rapidjson/error/en.h, for the messages of Python's json
_REASONS = {
    "Expecting property name enclosed in double quotes": "Missing a name for object member.",
    "Illegal trailing comma before end of object": "Missing a name for object member.",
    "Illegal trailing comma before end of array": "Invalid value.",
    "Expecting ':' delimiter": "Missing a colon after a name of object member.",
    "Expecting ',' delimiter": "Missing a comma or a closing bracket after an element.",
    "Expecting value": "Invalid value.",
    "Unterminated string starting at": "Missing a closing quotation mark in string.",
    "Invalid \\escape": "Invalid escape character in string.",
    "Invalid \\uXXXX escape": "Incorrect hex digit after \\u escape in string.",
    "Invalid control character at": "Invalid encoding in string.",
}

# rapidjson takes "Inf" for "Infinity"; strings are matched first so that they are left alone.
_STRING_OR_INF = re.compile(r'"(?:[^"\\]|\\.)*"|(?<![A-Za-z])Inf(?![a-z])')

_MAX_UINT64 = 2**64 - 1

_MAX_DEBUG_BYTES = 256


def parse(body: bytes) -> dict[str, Any]:
    """The JSON object in a request's body, or the 400 that TF Serving gives."""
    if not body:
        raise invalid("JSON Parse error: The document is empty")
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        # Malformed, or one of the extensions that orjson refuses: NaN, Infinity, text after the object.
        value = _parse_leniently(body)
    if not isinstance(value, dict):
        raise invalid(f"JSON Value: {debug_string(value)} Is not object")
    return value


def _parse_leniently(body: bytes) -> Any:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise invalid(f"JSON Parse error: Invalid encoding in string. at offset: {error.start}") from None
    text = text.lstrip(" \t\r\n")
    if not text:
        raise invalid("JSON Parse error: The document is empty. at offset: 0")
    if "Inf" in text:
        text = _STRING_OR_INF.sub(lambda m: "Infinity" if m[0] == "Inf" else m[0], text)
    try:
        # Text after the object is ignored (kParseStopWhenDoneFlag).
        value, _ = _DECODER.raw_decode(text)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise invalid("JSON Parse error: The surrogate pair in string is invalid.") from None
    except json.JSONDecodeError as error:
        reason = _REASONS.get(error.msg, "Invalid value.")
        raise invalid(f"JSON Parse error: {reason} at offset: {error.pos}") from None
    except RecursionError:
        raise invalid("JSON Parse error: Lists or objects are nested too deeply") from None
    return value


def _to_float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise invalid("JSON Parse error: Number too big to be stored in double.")
    return value


def _to_int(text: str) -> int | float:
    """A double where no 64-bit integer holds it, as rapidjson and orjson have it."""
    value = int(text) if len(text) <= 20 else math.inf
    return value if -(2**63) <= value <= _MAX_UINT64 else _to_float(text)


_DECODER = json.JSONDecoder(parse_float=_to_float, parse_int=_to_int)


def type_name(value: Any) -> str:
    """rapidjson's name of a value's type."""
    if value is None:
        return "Null"
    if isinstance(value, bool):
        return "True" if value else "False"
    if isinstance(value, dict):
        return "Object"
    if isinstance(value, list):
        return "Array"
    return "String" if isinstance(value, str) else "Number"


def debug_string(value: Any) -> str:
    """The value as rapidjson's PrettyWriter prints it (lists on one line), cut at the token that passes 256
    bytes."""
    text, size = [], 0
    for token in _tokens(value, 0):
        if size >= _MAX_DEBUG_BYTES:
            break
        # One token may be a whole megabyte of string: unlike TF Serving, cut it too.
        token = token[: _MAX_DEBUG_BYTES + 1]
        text.append(token)
        size += len(token)
    return "".join(text)


def _tokens(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, dict):
        if not value:
            yield "{}"
            return
        indent = "\n" + "    " * (depth + 1)
        before = "{"
        for key, member in value.items():
            yield f"{before}{indent}{json.dumps(key, ensure_ascii=False)}: "
            yield from _tokens(member, depth + 1)
            before = ","
        yield "\n" + "    " * depth + "}"
    elif isinstance(value, list):
        yield "["
        for index, element in enumerate(value):
            if index:
                yield ", "
            yield from _tokens(element, depth + 1)
        yield "]"
    else:
        # default: a NumericArray, whose request is read again without any before its message is used
        yield json.dumps(value, ensure_ascii=False, default=lambda _: [])
