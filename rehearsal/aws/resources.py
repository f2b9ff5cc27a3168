"""One resource: its evaluated definition, and moto's model behind it.

moto's models say little about which changes replace a resource. Here a model without an update is
replaced as CloudFormation replaces, new one first; changed tags alone never replace anything.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

from moto.cloudformation import parsing
from moto.core.common_models import CloudFormationModel
from moto.ec2.models.core import TaggedEC2Resource

from .dynamic_references import resolve
from .intrinsics import evaluate
from .names import physical_name
from .types.replacement import replaces


@dataclass
class Definition:
    """What a template asks for, every function evaluated."""

    type: str
    properties: dict[str, Any]
    policies: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, raw: dict[str, Any], resources: parsing.ResourceMap) -> Definition:
        properties = evaluate(raw.get("Properties") or {}, resources)
        policies = {name: raw[name] for name in ("DeletionPolicy", "UpdateReplacePolicy") if name in raw}
        for name in ("CreationPolicy", "UpdatePolicy"):
            policies[name] = evaluate(raw.get(name) or {}, resources)
        return cls(raw["Type"], resolve(properties, resources), policies)

    @property
    def model(self) -> type[CloudFormationModel]:
        return parsing.resource_class_from_type(self.type)

    @property
    def as_json(self) -> dict[str, Any]:
        """A copy for moto, whose models write into it."""
        return {"Type": self.type, "Properties": copy.deepcopy(self.properties)}

    def retained(self, creating: bool) -> bool:
        """Whether the resource outlives its removal from the stack."""
        policy = self.policies.get("DeletionPolicy", "Delete")
        return policy == "Retain" or (policy == "RetainExceptOnCreate" and not creating)


@dataclass
class Made:
    """A resource that exists."""

    logical_id: str
    definition: Definition
    resource: Any
    update_policy: dict[str, Any] = field(default_factory=dict)

    @property
    def physical_id(self) -> str:
        return str(self.resource.physical_resource_id)

    def changed(self, wanted: Definition) -> set[str]:
        """The names of the properties that differ."""
        before, after = self.definition.properties, wanted.properties
        return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}

    def replaced_by(self, wanted: Definition) -> bool:
        """Whether this change takes a new physical resource."""
        changed = self.changed(wanted)
        if changed == {"Tags"} and isinstance(self.resource, TaggedEC2Resource):
            return False
        replaced = not _can_update(wanted.model) or replaces(wanted.type, changed, wanted.properties)
        name = wanted.model.cloudformation_name_type()
        if replaced and name in wanted.properties and name not in changed:
            raise ValueError(
                "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
                f"Rename {wanted.properties[name]} and update the stack again."
            )
        return replaced


def _can_update(model: type[CloudFormationModel]) -> bool:
    return not getattr(model.update_from_cloudformation_json, "__isabstractmethod__", False)


def make(logical_id: str, wanted: Definition, resources: parsing.ResourceMap) -> Made:
    """Let the model make the resource."""
    name = physical_name(logical_id, wanted, resources)
    resource = wanted.model.create_from_cloudformation_json(
        name,
        wanted.as_json,
        resources._account_id,
        resources._region_name,
        LogicalId=logical_id,
        StackId=resources.stack_id,
        ResourceType=wanted.type,
    )
    _identify(resource, logical_id, wanted.type)
    return Made(logical_id, wanted, resource)


def update_in_place(made: Made, wanted: Definition, resources: parsing.ResourceMap) -> None:
    """Let the model change the resource."""
    if made.changed(wanted) != {"Tags"} or _can_update(wanted.model):
        made.resource = wanted.model.update_from_cloudformation_json(
            original_resource=made.resource,
            new_resource_name=made.physical_id,
            cloudformation_json=wanted.as_json,
            account_id=resources._account_id,
            region_name=resources._region_name,
        )
        _identify(made.resource, made.logical_id, wanted.type)
    made.definition = wanted


def delete(made: Made, resources: parsing.ResourceMap) -> None:
    """Let the model remove the resource; one that cannot is an error, not a leftover."""
    where = (resources._account_id, resources._region_name)
    model = made.definition.model
    if not getattr(model.delete_from_cloudformation_json, "__isabstractmethod__", False):
        model.delete_from_cloudformation_json(made.physical_id, made.definition.as_json, *where)
    elif hasattr(made.resource, "delete"):
        made.resource.delete(*where)
    else:
        raise ValueError(f"The embedded AWS cannot remove {made.definition.type}.")


def tag(made: Made, resources: parsing.ResourceMap) -> None:
    """Give an EC2 resource the template's tags, the stack's, and CloudFormation's own three."""
    if not isinstance(made.resource, TaggedEC2Resource):
        return
    own = {item["Key"]: item["Value"] for item in made.definition.properties.get("Tags", [])}
    stack = {
        "aws:cloudformation:stack-name": resources["AWS::StackName"],
        "aws:cloudformation:stack-id": resources["AWS::StackId"],
        "aws:cloudformation:logical-id": made.logical_id,
    }
    made.resource.add_tags({**resources.tags, **own, **stack})


def _identify(resource: Any, logical_id: str, resource_type: str) -> None:
    resource.logical_resource_id = logical_id
    resource.cf_resource_type = resource_type
