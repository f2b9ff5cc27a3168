"""The order in which CloudFormation makes a template's resources.

moto makes a resource when another first asks for it, and on an update walks template order. AWS goes by
`DependsOn`, `Ref`, `Fn::GetAtt` and `Fn::Sub`, forwards to create and update, backwards to delete.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-dependson.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from moto.cloudformation.exceptions import ValidationError


def in_dependency_order(definitions: dict[str, Any]) -> list[str]:
    """The logical ids, each after those it needs; template order where nothing else decides."""
    ordered: list[str] = []
    entered: list[str] = []

    def visit(logical_id: str) -> None:
        if logical_id in ordered:
            return
        if logical_id in entered:
            circle = ", ".join(entered[entered.index(logical_id) :])
            raise ValidationError(message=f"Circular dependency between resources: [{circle}]")
        entered.append(logical_id)
        for needed in _needs(definitions[logical_id]):
            if needed in definitions and needed != logical_id:
                visit(needed)
        entered.pop()
        ordered.append(logical_id)

    for logical_id in definitions:
        visit(logical_id)
    return ordered


def _needs(definition: dict[str, Any]) -> Iterator[str]:
    explicit = definition.get("DependsOn", [])
    yield from [explicit] if isinstance(explicit, str) else explicit
    for part in ("Properties", "UpdatePolicy", "CreationPolicy"):
        yield from references(definition.get(part))


def references(value: Any) -> Iterator[str]:
    """Every logical id that the value refers to."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    elif isinstance(value, dict):
        for name, argument in value.items():
            if name == "Ref" and isinstance(argument, str):
                yield argument
            elif name == "Fn::GetAtt":
                yield argument.split(".")[0] if isinstance(argument, str) else argument[0]
            elif name == "Fn::Sub":
                text = argument if isinstance(argument, str) else argument[0]
                yield from (found.split(".")[0] for found in re.findall(r"\$\{([^!}][^}]*)\}", text))
                yield from references(argument)
            else:
                yield from references(argument)
