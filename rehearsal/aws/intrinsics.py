"""Intrinsic functions, evaluated as CloudFormation does.

moto evaluates `Fn::GetAZs` of "" in us-east-1, drops an attribute it does not know with a log line,
runs `Fn::Sub` through string.Template (which eats `$$` and `$name`), and passes functions it does not
know on as literal objects. Here each of them has one rule, and what is not known is an error.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

from __future__ import annotations

import base64
import ipaddress
import json
import re
from itertools import islice
from typing import Any

from moto.cloudformation import parsing
from moto.cloudformation.exceptions import ExportNotFound, ValidationError
from moto.ec2 import ec2_backends

from .bridge import replaces

NO_VALUE = object()


@replaces(parsing, "clean_json")
def evaluate(value: Any, resources: parsing.ResourceMap) -> Any:
    """The value with every intrinsic function in it evaluated."""
    result = _evaluate(value, resources)
    return None if result is NO_VALUE else result


def _evaluate(value: Any, resources: parsing.ResourceMap) -> Any:
    if isinstance(value, list):
        items = (_evaluate(item, resources) for item in value)
        return [item for item in items if item is not NO_VALUE]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        [(name, argument)] = value.items()
        if name in FUNCTIONS:
            return FUNCTIONS[name](argument, resources)
        if name.startswith("Fn::"):
            raise ValidationError(message=f"Template error: the embedded AWS does not evaluate {name}")
    members = ((key, _evaluate(item, resources)) for key, item in value.items())
    return {key: item for key, item in members if item is not NO_VALUE}


def _ref(name: str, resources: parsing.ResourceMap) -> Any:
    if name == "AWS::NoValue":
        return NO_VALUE
    target = _named(name, resources)
    return getattr(target, "physical_resource_id", target)


def _get_att(argument: Any, resources: parsing.ResourceMap) -> Any:
    name, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
    attribute = _evaluate(attribute, resources)
    resource = _named(name, resources)
    from .types.attributes import attribute_of

    return attribute_of(name, resource, attribute)


def _named(name: str, resources: parsing.ResourceMap) -> Any:
    try:
        target = resources[name]
    except KeyError:
        target = None
    if target is None:
        raise ValidationError(
            message=f"Template format error: Unresolved resource dependencies [{name}] in the template"
        )
    return target


def _if(argument: list, resources: parsing.ResourceMap) -> Any:
    name, when_true, when_false = argument
    return _evaluate(when_true if _condition(name, resources) else when_false, resources)


def _condition(name: str, resources: parsing.ResourceMap) -> bool:
    if name not in resources.lazy_condition_map:
        raise ValidationError(message=f"Template error: unresolved condition dependency {name}")
    return resources.lazy_condition_map[name]


def _join(argument: list, resources: parsing.ResourceMap) -> str:
    separator, parts = argument
    return separator.join(_text(part) for part in _evaluate(parts, resources))


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _split(argument: list, resources: parsing.ResourceMap) -> list[str]:
    separator, text = argument
    return _evaluate(text, resources).split(separator)


def _select(argument: list, resources: parsing.ResourceMap) -> Any:
    index, items = int(_evaluate(argument[0], resources)), _evaluate(argument[1], resources)
    if not 0 <= index < len(items):
        raise ValidationError(
            message=f"Template error: Fn::Select cannot select nonexistent value at index {index}"
        )
    return items[index]


def _sub(argument: Any, resources: parsing.ResourceMap) -> str:
    template, own = (argument, {}) if isinstance(argument, str) else argument

    def replacement(match: re.Match) -> str:
        escaped, name = match.group(1), match.group(2).strip()
        if escaped:
            return "${" + match.group(2) + "}"
        if name in own:
            return _text(_evaluate(own[name], resources))
        function = _get_att if "." in name else _ref
        return _text(function(name, resources))

    return re.sub(r"\$\{(!?)([^}]*)\}", replacement, template)


def _find_in_map(argument: list, resources: parsing.ResourceMap) -> Any:
    name, first, second = (_evaluate(part, resources) for part in argument[:3])
    try:
        return _evaluate(resources[name][first][second], resources)
    except KeyError:
        if len(argument) > 3:
            return _evaluate(argument[3]["DefaultValue"], resources)
        raise ValidationError(
            message=f"Template error: Unable to get mapping for {name}::{first}::{second}"
        ) from None


def _import_value(argument: Any, resources: parsing.ResourceMap) -> str:
    name = _evaluate(argument, resources)
    for export in resources.cross_stack_resources.values():
        if export.name == name:
            return export.value
    raise ExportNotFound(name)


def _get_azs(argument: Any, resources: parsing.ResourceMap) -> list[str]:
    region = _evaluate(argument, resources) or resources["AWS::Region"]
    zones = ec2_backends[resources["AWS::AccountId"]][region].describe_availability_zones()
    return [zone.name for zone in zones]


def _cidr(argument: list, resources: parsing.ResourceMap) -> list[str]:
    block, count, *bits = (_evaluate(part, resources) for part in argument)
    network = ipaddress.ip_network(block)
    prefix = network.max_prefixlen - int(bits[0] if bits else 8)
    return [str(subnet) for subnet in islice(network.subnets(new_prefix=prefix), int(count))]


def _base64(argument: Any, resources: parsing.ResourceMap) -> str:
    return base64.b64encode(_evaluate(argument, resources).encode()).decode()


def _compared(argument: list, resources: parsing.ResourceMap) -> bool:
    left, right = (_evaluate(side, resources) for side in argument)
    return _text(left) == _text(right)


FUNCTIONS = {
    "Ref": _ref,
    "Fn::GetAtt": _get_att,
    "Fn::If": _if,
    "Fn::Join": _join,
    "Fn::Split": _split,
    "Fn::Select": _select,
    "Fn::Sub": _sub,
    "Fn::FindInMap": _find_in_map,
    "Fn::ImportValue": _import_value,
    "Fn::GetAZs": _get_azs,
    "Fn::Cidr": _cidr,
    "Fn::Base64": _base64,
    "Fn::Length": lambda argument, resources: len(_evaluate(argument, resources)),
    "Fn::ToJsonString": lambda argument, resources: json.dumps(_evaluate(argument, resources)),
}


@replaces(parsing, "parse_condition")
def evaluate_condition(condition: Any, resources: parsing.ResourceMap, conditions: dict) -> bool:
    """A condition: conditions may nest in each other, other functions only inside `Fn::Equals`."""
    if isinstance(condition, bool):
        return condition
    [(name, argument)] = condition.items()
    if name == "Condition":
        return conditions[argument]
    if name == "Fn::Equals":
        return _compared(argument, resources)
    nested = (evaluate_condition(part, resources, conditions) for part in argument)
    if name == "Fn::And":
        return all(nested)
    if name == "Fn::Or":
        return any(nested)
    if name == "Fn::Not":
        return not next(nested)
    raise ValidationError(message=f"Template error: the embedded AWS does not evaluate the condition {name}")
