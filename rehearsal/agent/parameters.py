"""A document's parameters: how they may be declared, and which values fit.

The service checks every limit before it sends a command; the agent itself checks `allowedPattern` alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .refusal import Refused, choices

TYPES = ("String", "StringList", "Integer", "Boolean", "MapList", "StringMap")
_KEYS = (
    "type", "description", "default", "allowedValues", "allowedPattern", "displayType",
    "minChars", "maxChars", "minItems", "maxItems", "interpolationType",
)  # fmt: skip
_LIMITS = ("minChars", "maxChars", "minItems", "maxItems")
# Go's regular expressions, which the agent uses, have neither; Java's, which the service uses, do.
_NOT_IN_GO = re.compile(r"\(\?(?:[=!]|<[=!])|\\[1-9]")


@dataclass(frozen=True)
class Parameter:
    """One declared parameter."""

    name: str
    declared: Mapping[str, Any]

    @property
    def is_environment(self) -> bool:
        return self.declared.get("interpolationType") == "ENV_VAR"

    @property
    def default(self) -> Any:
        return self.declared.get("default")

    @classmethod
    def read(cls, name: str, given: Any) -> Parameter:
        """Checks the declaration, its default included."""
        if not re.fullmatch(r"[A-Za-z0-9]+", name):
            raise _invalid(f"a parameter's name must be letters and digits, got {name!r}")
        if not isinstance(given, dict):
            raise _invalid(f"parameter {name} must be an object, got {given!r}")
        for key in given:
            if key not in _KEYS:
                raise _invalid(f"parameter {name} has the unknown key {key}, allowed are {choices(_KEYS)}")
        if given.get("type") not in TYPES:
            raise _invalid(f"type of parameter {name} must be {choices(TYPES)}, got {given.get('type')!r}")
        if given.get("displayType", "textfield") not in ("textfield", "textarea"):
            raise _invalid(
                f"displayType of parameter {name} must be textfield or textarea, got {given['displayType']!r}"
            )
        if given.get("interpolationType", "ENV_VAR") != "ENV_VAR":
            raise _invalid(
                f"interpolationType of parameter {name} must be ENV_VAR, got {given['interpolationType']!r}"
            )
        for key in _LIMITS:
            if key in given and (type(given[key]) is not int or given[key] < 0):
                raise _invalid(f"{key} of parameter {name} must be a whole number, got {given[key]!r}")
        if not isinstance(given.get("allowedValues", []), list) or given.get("allowedValues") == []:
            raise _invalid(
                f"allowedValues of parameter {name} must be a list, got {given['allowedValues']!r}"
            )
        _check_pattern(name, given.get("allowedPattern"))
        parameter = cls(name, given)
        if parameter.default is not None:
            try:
                parameter.check(parameter.default)
            except Refused as refused:
                raise _invalid(f"the default does not fit: {refused}") from None
        return parameter

    def check(self, value: Any) -> None:
        """Refuse a value that does not fit."""
        kind = self.declared["type"]
        fits = {
            "String": lambda: isinstance(value, str),
            "StringList": lambda: isinstance(value, list) and all(isinstance(item, str) for item in value),
            "Integer": lambda: re.fullmatch(r"-?[0-9]+", str(value)) is not None,
            "Boolean": lambda: str(value).lower() in ("true", "false"),
            "MapList": lambda: isinstance(value, list),
            "StringMap": lambda: isinstance(value, (str, dict)),
        }
        if not fits[kind]():
            raise self._refused(f"must be a {kind}, got {value!r}")
        items = value if isinstance(value, list) else [value]
        if isinstance(value, list):
            self._within("Items", len(items), "items")
        for item in items:
            self._check_item(item if isinstance(item, str) else json.dumps(item))

    def _check_item(self, text: str) -> None:
        allowed, pattern = self.declared.get("allowedValues"), self.declared.get("allowedPattern")
        self._within("Chars", len(text), "characters")
        if allowed is not None and text not in [str(item) for item in allowed]:
            raise self._refused(f"must be {choices(allowed)}, got {text!r}")
        # `$` is the very end in Go; in Python also before a last line feed.
        if pattern is not None and not re.search(f"{pattern[:-1]}\\Z", text):
            raise self._refused(f"must match {pattern}, got {text!r}")

    def _within(self, what: str, count: int, unit: str) -> None:
        least, most = self.declared.get(f"min{what}", 0), self.declared.get(f"max{what}")
        if count < least or (most is not None and count > most):
            limit = f"at least {least}" if count < least else f"at most {most}"
            raise self._refused(f"has {count} {unit}, allowed are {limit}")

    def _refused(self, sentence: str) -> Refused:
        return Refused("InvalidParameters", f"parameter {self.name} {sentence}")


def values_of(declared: Mapping[str, Parameter], given: Mapping[str, Any]) -> dict[str, Any]:
    """The value of every declared parameter, given or by default; `given` as in the API, lists of text."""
    for name in given:
        if name not in declared:
            known = choices(declared) if declared else "none"
            raise Refused("InvalidParameters", f"the document declares no parameter {name}, but {known}")
    values = {}
    for name, parameter in declared.items():
        if name in given:
            values[name] = _unlisted(parameter, given[name])
            parameter.check(values[name])
        elif parameter.default is not None:
            values[name] = parameter.default
        else:
            raise Refused("InvalidParameters", f"parameter {name} has no default and must be given")
    return values


def _unlisted(parameter: Parameter, value: Any) -> Any:
    if parameter.declared["type"] in ("StringList", "MapList") or not isinstance(value, list):
        return value
    if len(value) != 1:
        raise Refused(
            "InvalidParameters",
            f"parameter {parameter.name}, a {parameter.declared['type']}, takes one value, got {len(value)}",
        )
    return value[0]


def _check_pattern(name: str, pattern: Any) -> None:
    if pattern is None:
        return
    if not isinstance(pattern, str) or not (pattern.startswith("^") and pattern.endswith("$")):
        raise _invalid(
            f"allowedPattern of parameter {name} must begin with ^ and end with $, got {pattern!r}: without "
            "them the agent takes any value that contains a match"
        )
    try:
        re.compile(pattern)
    except re.error as error:
        raise _invalid(f"allowedPattern of parameter {name} is no regular expression: {error}") from None
    if _NOT_IN_GO.search(pattern):
        raise _invalid(
            f"allowedPattern of parameter {name} looks around or back, which the agent's expressions cannot: "
            f"{pattern}"
        )


def _invalid(sentence: str) -> Refused:
    return Refused("InvalidDocumentContent", sentence)
