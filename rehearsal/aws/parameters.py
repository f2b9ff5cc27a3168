"""A template's parameters.

moto accepts any value, answers a missing `AWS::SSM::Parameter::Value` with HTTP 500, leaves a list's
default unsplit, and forgets what was passed for a parameter of an SSM type, so that `UsePreviousValue`
would hand on the resolved value as a name. AWS checks values before it touches a resource.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
"""

from __future__ import annotations

import re
from typing import Any

from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.parsing import ResourceMap
from moto.ssm import ssm_backends
from moto.utilities.utils import get_partition

from .bridge import replaces

SSM_VALUE = re.compile(r"AWS::SSM::Parameter::Value<(.+)>")


@replaces(ResourceMap, "load_parameters")
def load_parameters(self: ResourceMap) -> None:
    """Resolve what was passed and what defaults to; `given_parameters` keeps both as text."""
    declared = self._template.get("Parameters", {})
    unknown = [name for name in self.input_parameters if name not in declared]
    if unknown:
        raise ValidationError(message=f"Parameters: [{', '.join(unknown)}] do not exist in the template")

    self.given_parameters = {
        name: str(self.input_parameters.get(name, declaration.get("Default")))
        for name, declaration in declared.items()
        if name in self.input_parameters or "Default" in declaration
    }
    missing = [name for name in declared if name not in self.given_parameters]
    if missing:
        raise ValidationError(message=f"Parameters: [{', '.join(missing)}] must have values")

    self.no_echo_parameter_keys = [name for name, about in declared.items() if about.get("NoEcho")]
    self.resolved_parameters = {
        name: _resolved(self, name, value, declared[name]) for name, value in self.given_parameters.items()
    }
    self._parsed_resources.update(self.resolved_parameters)
    partition = get_partition(self._region_name)
    self._parsed_resources["AWS::Partition"] = partition
    self._parsed_resources["AWS::URLSuffix"] = (
        "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"
    )


def _resolved(resources: ResourceMap, name: str, value: str, declaration: dict[str, Any]) -> Any:
    allowed = [str(item) for item in declaration.get("AllowedValues", [])]
    if allowed and value not in allowed:
        raise ValidationError(
            message=f"Parameter '{name}' must be one of AllowedValues: [{', '.join(allowed)}], got '{value}'"
        )
    pattern = declaration.get("AllowedPattern")
    if pattern and not re.fullmatch(pattern, value):
        raise ValidationError(message=f"Parameter '{name}' must match pattern {pattern}, got '{value}'")

    kind = declaration.get("Type", "String")
    stored = SSM_VALUE.fullmatch(kind)
    if stored:
        kind = stored.group(1)
        value = ssm_value(resources._account_id, resources._region_name, value)
    if kind == "CommaDelimitedList" or kind.startswith("List<"):
        return [item.strip() for item in value.split(",")] if value else []
    return value


def ssm_value(account_id: str, region_name: str, name: str) -> str:
    """The value of a parameter in Parameter Store."""
    parameter = ssm_backends[account_id][region_name].get_parameter(name)
    if parameter is None:
        raise ValidationError(
            message=f"Unable to fetch parameters [{name}] from parameter store for this account."
        )
    return parameter.value
