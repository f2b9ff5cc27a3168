"""Only what the emulator really makes counts as made.

moto skips a resource type it does not know, with a warning, and reports the stack as CREATE_COMPLETE: a
deployment that skips a resource proves nothing. Here an unknown type is an error of that resource, and
so are types whose effect moto does not have: it never runs the Lambda functions behind custom resources
(no Docker), and its wait conditions wait for nothing.
"""

from __future__ import annotations

from moto.cloudformation import parsing
from moto.cloudformation.exceptions import ValidationError
from moto.core.common_models import CloudFormationModel

from .bridge import replaces
from .dependencies import in_dependency_order
from .types.thin import MODELS

WITHOUT_EFFECT = {
    "AWS::CloudFormation::CustomResource": "no Lambda function runs",
    "AWS::CloudFormation::Stack": "nested stacks are not rolled back",
    "AWS::CloudFormation::WaitCondition": "nothing waits",
    "AWS::CloudFormation::WaitConditionHandle": "nothing waits",
}


@replaces(parsing, "resource_class_from_type")
def resource_class_from_type(resource_type: str) -> type[CloudFormationModel]:
    """The model of a type, or an error that names the type."""
    reason = WITHOUT_EFFECT.get(resource_type)
    if resource_type.startswith("Custom::"):
        reason = WITHOUT_EFFECT["AWS::CloudFormation::CustomResource"]
    if reason:
        raise ValidationError(message=f"The embedded AWS cannot make {resource_type}: {reason} in it.")
    model = MODELS.get(resource_type) or parsing.get_model_map().get(resource_type)
    if model is None:
        raise ValidationError(message=f"The embedded AWS cannot make {resource_type}: no model of it exists.")
    return model


@replaces(parsing.ResourceMap, "validate_outputs")
def validate_outputs(self: parsing.ResourceMap) -> None:
    """Refuse a circle; leave outputs to their evaluation, which fails on whatever is not there.

    moto asks the models' classes about outputs beforehand, and dies of an unknown type with HTTP 500.
    """
    in_dependency_order(self._resource_json_map)


@replaces(parsing.ResourceMap, "__getitem__")
def made_resource(self: parsing.ResourceMap, name: str) -> object:
    """What has been made under this name, None if nothing.

    moto makes a missing resource on any look at it, DescribeStackResources of a failed stack included.
    """
    if name in self._parsed_resources:
        return self._parsed_resources[name]
    if name in self._resource_json_map:
        return None
    raise KeyError(name)
