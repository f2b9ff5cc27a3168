"""CloudWatch Logs: the group's ARN as AWS gives it, its retention changed in place, metric filters.

moto's `Fn::GetAtt LogGroup.Arn` lacks the `:*` that AWS puts behind it, so that a policy made of it, as the
CDK's grantWrite makes it, permits no log stream. It cannot update a group.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-loggroup.html
"""

from __future__ import annotations

from typing import Any

from moto.logs.models import LogGroup

from ..bridge import extends, replaces
from ..internal import call
from .thin import ThinModel


@replaces(LogGroup, "get_cfn_attribute")
def attribute(self: LogGroup, name: str) -> str:
    value = attribute.original(self, name)
    return f"{value}:*" if name == "Arn" and not value.endswith(":*") else value


@extends(LogGroup, "update_from_cloudformation_json")
@classmethod
def update_log_group(
    cls: type[LogGroup], original_resource: LogGroup, cloudformation_json: dict, region_name: str, **_: Any
) -> LogGroup:
    days = cloudformation_json["Properties"].get("RetentionInDays")
    name = original_resource.name
    if days:
        call("logs", region_name, "PutRetentionPolicy", logGroupName=name, retentionInDays=days)
    else:
        call("logs", region_name, "DeleteRetentionPolicy", logGroupName=name)
    return original_resource


class MetricFilter(ThinModel):
    resource_type = "AWS::Logs::MetricFilter"
    name_property = "FilterName"

    def put(self) -> None:
        self.call(
            "logs", "PutMetricFilter", filterName=self.physical_resource_id, **_as_api(self.but("FilterName"))
        )

    def remove(self) -> None:
        group = self.properties["LogGroupName"]
        self.call("logs", "DeleteMetricFilter", filterName=self.physical_resource_id, logGroupName=group)


def _as_api(value: Any) -> Any:
    """The API's names begin in lower case; dimensions are a list in CloudFormation and a map in the API."""
    if isinstance(value, list):
        return [_as_api(item) for item in value]
    if not isinstance(value, dict):
        return value
    converted = {f"{name[0].lower()}{name[1:]}": _as_api(item) for name, item in value.items()}
    if isinstance(value.get("Dimensions"), list):
        converted["dimensions"] = {item["Key"]: item["Value"] for item in value["Dimensions"]}
    return converted
