"""What IAM policy documents say about one request.

moto's evaluator knows `StringEquals` alone and takes every other condition as met, turns an unmet condition
into a denial, compares actions with case and `?` literally, and passes over NotResource and principals.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Decision(Enum):
    ALLOWED = "allowed"
    DENIED = "denied"
    SILENT = "silent"


@dataclass
class Request:
    """One action on one resource, by whom, and the condition keys that hold."""

    action: str
    resource: str
    principal: str = ""
    account: str = ""
    context: dict[str, str | list[str]] = field(default_factory=dict)


def decide(documents: Iterable[Any], request: Request, resource_based: bool = False) -> Decision:
    """An explicit denial wins; without one, any permission does."""
    decision = Decision.SILENT
    for document in documents:
        for statement in _listed(_parsed(document).get("Statement", [])):
            if not _applies(statement, request, resource_based):
                continue
            if statement["Effect"] == "Deny":
                return Decision.DENIED
            decision = Decision.ALLOWED
    return decision


def _parsed(document: Any) -> dict[str, Any]:
    if isinstance(document, bytes):
        document = document.decode()
    return json.loads(document) if isinstance(document, str) else document


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _applies(statement: dict[str, Any], request: Request, resource_based: bool) -> bool:
    return (
        _named(statement, "Action", request.action.lower(), lambda pattern: pattern.lower())
        # A trust policy has no Resource: it is about the role it stands in.
        and _named(statement, "Resource", request.resource, lambda pattern: _substituted(pattern, request))
        and (not resource_based or _principal_named(statement, request))
        and all(
            _condition_met(operator, key, _listed(values), request)
            for operator, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        )
    )


def _named(statement: dict, element: str, value: str, prepared: Callable[[str], str]) -> bool:
    if element in statement:
        return any(_like(value, prepared(pattern)) for pattern in _listed(statement[element]))
    if f"Not{element}" in statement:
        return not any(_like(value, prepared(pattern)) for pattern in _listed(statement[f"Not{element}"]))
    return element == "Resource"


def _principal_named(statement: dict[str, Any], request: Request) -> bool:
    if "NotPrincipal" in statement:
        return not _principal_matches(statement["NotPrincipal"], request)
    return _principal_matches(statement.get("Principal", {}), request)


def _principal_matches(principals: Any, request: Request) -> bool:
    if principals == "*":
        return True
    named = [item for kind in ("AWS", "Service") for item in _listed(principals.get(kind, []))]
    return any(item in ("*", request.principal) or is_account(item, request.account) for item in named)


def is_account(principal: str, account: str) -> bool:
    """Whether a principal stands for the whole account."""
    return bool(account) and (principal == account or principal.endswith(f"::{account}:root"))


def _like(value: str, pattern: str) -> bool:
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, value, re.DOTALL) is not None


def _substituted(pattern: str, request: Request) -> str:
    return re.sub(r"\$\{([^}]+)\}", lambda found: request.context.get(found.group(1), found.group()), pattern)


_COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda actual, wanted: actual == wanted,
    "StringEqualsIgnoreCase": lambda actual, wanted: actual.lower() == wanted.lower(),
    "StringLike": _like,
    "ArnEquals": _like,
    "ArnLike": _like,
    "Bool": lambda actual, wanted: actual.lower() == wanted.lower(),
    "NumericEquals": lambda actual, wanted: float(actual) == float(wanted),
    "NumericLessThan": lambda actual, wanted: float(actual) < float(wanted),
    "NumericLessThanEquals": lambda actual, wanted: float(actual) <= float(wanted),
    "NumericGreaterThan": lambda actual, wanted: float(actual) > float(wanted),
    "NumericGreaterThanEquals": lambda actual, wanted: float(actual) >= float(wanted),
}


def _condition_met(operator: str, key: str, values: list[Any], request: Request) -> bool:
    keys = {known.lower(): value for known, value in request.context.items()}
    actual = keys.get(key.lower())
    wanted = [_substituted(str(value), request) for value in values]
    if operator == "Null":
        return (actual is None) == (wanted[0].lower() == "true")
    operator, for_all = operator.removeprefix("ForAnyValue:"), operator.startswith("ForAllValues:")
    operator = operator.removeprefix("ForAllValues:")
    operator, if_exists = operator.removesuffix("IfExists"), operator.endswith("IfExists")
    negated = "Not" in operator
    comparison = _COMPARISONS.get(operator.replace("Not", "", 1) if negated else operator)
    if comparison is None:
        raise ValueError(f"The embedded AWS does not evaluate the condition operator {operator}")
    if actual is None:
        return if_exists or for_all or negated
    met = (any(comparison(each, value) for value in wanted) != negated for each in _listed(actual))
    return all(met) if for_all else any(met)
