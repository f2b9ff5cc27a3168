"""`{{resolve:ssm:NAME}}` in a template.

moto leaves it literal. CloudFormation puts the parameter's value there at each deployment; a launch
template's own `resolve:ssm:` (no braces) is another thing, resolved by EC2 at launch (see launch.py).

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-ssm.html
"""

from __future__ import annotations

import re
from typing import Any

from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.parsing import ResourceMap

from .parameters import ssm_value

REFERENCE = re.compile(r"\{\{resolve:([^:}]+):([^}]+)\}\}")


def resolve(value: Any, resources: ResourceMap) -> Any:
    """The value with every dynamic reference in its strings resolved."""
    if isinstance(value, list):
        return [resolve(item, resources) for item in value]
    if isinstance(value, dict):
        return {key: resolve(item, resources) for key, item in value.items()}
    if isinstance(value, str) and "{{resolve:" in value:
        return REFERENCE.sub(lambda found: _resolved(found, resources), value)
    return value


def _resolved(found: re.Match, resources: ResourceMap) -> str:
    service, name = found.groups()
    if service != "ssm":
        raise ValidationError(message=f"The embedded AWS does not resolve {found.group()}")
    name, _, version = name.partition(":")
    if version:
        raise ValidationError(message=f"The embedded AWS resolves no version of a parameter: {found.group()}")
    return ssm_value(resources._account_id, resources._region_name, name)
