"""The base of the thin models: a resource that one or two API calls put and remove.

A subclass names its type and says what `put` and `remove` call; the update of such a resource is the same
`put`, unless the type's entry in replacement.py asks for a new one.
"""

from __future__ import annotations

from typing import Any, ClassVar

from moto.core.common_models import CloudFormationModel
from moto.utilities.utils import get_partition

from ..internal import call

MODELS: dict[str, type[ThinModel]] = {}


class ThinModel(CloudFormationModel):
    """A resource as its template properties and the name or id it goes by."""

    resource_type: ClassVar[str] = ""
    name_property: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        if cls.resource_type:
            MODELS[cls.resource_type] = cls

    def __init__(self, name: str, properties: dict[str, Any], account_id: str, region_name: str):
        self.physical_resource_id = name
        self.properties = properties
        self.account_id, self.region = account_id, region_name

    def put(self) -> None:
        """Make the resource, or bring it to `self.properties`."""
        raise NotImplementedError

    def remove(self) -> None:
        """Remove the resource."""
        raise NotImplementedError

    def call(self, service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        """An API call in the resource's region."""
        return call(service, self.region, operation, **arguments)

    def arn(self, service: str, resource: str) -> str:
        """An ARN in the resource's account and region."""
        return f"arn:{get_partition(self.region)}:{service}:{self.region}:{self.account_id}:{resource}"

    def but(self, *names: str) -> dict[str, Any]:
        """The properties without these."""
        return {name: value for name, value in self.properties.items() if name not in names}

    @classmethod
    def cloudformation_type(cls) -> str:
        return cls.resource_type

    @classmethod
    def cloudformation_name_type(cls) -> str:
        return cls.name_property

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: dict, account_id: str, region_name: str, **_: Any
    ) -> ThinModel:
        resource = cls(resource_name, cloudformation_json["Properties"], account_id, region_name)
        resource.put()
        return resource

    @classmethod
    def update_from_cloudformation_json(
        cls, original_resource: ThinModel, cloudformation_json: dict, **_: Any
    ) -> ThinModel:
        original_resource.properties = cloudformation_json["Properties"]
        original_resource.put()
        return original_resource

    def delete(self, *_: Any) -> None:
        self.remove()
