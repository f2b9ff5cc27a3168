"""Attributes for `Fn::GetAtt`.

moto's models know few of those that AWS documents, and some only raise. What neither knows is an error:
a template that reads it must not deploy here with a hole in it.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.cloudformation.exceptions import UnformattedGetAttTemplateException, ValidationError

ATTRIBUTES: dict[tuple[str, str], Callable[[Any], Any]] = {
    ("AWS::EC2::EIP", "PublicIp"): lambda address: address.public_ip,
    ("AWS::EC2::FlowLog", "Id"): lambda flow_log: flow_log.id,
    ("AWS::EC2::InternetGateway", "InternetGatewayId"): lambda gateway: gateway.id,
    ("AWS::EC2::NatGateway", "NatGatewayId"): lambda gateway: gateway.id,
    ("AWS::EC2::RouteTable", "RouteTableId"): lambda table: table.id,
    ("AWS::EC2::Subnet", "AvailabilityZone"): lambda subnet: subnet.availability_zone,
    ("AWS::EC2::Subnet", "CidrBlock"): lambda subnet: subnet.cidr_block,
    ("AWS::EC2::Subnet", "SubnetId"): lambda subnet: subnet.id,
    ("AWS::EC2::Subnet", "VpcId"): lambda subnet: subnet.vpc_id,
    ("AWS::EC2::VPCEndpoint", "Id"): lambda endpoint: endpoint.id,
    ("AWS::IAM::ManagedPolicy", "PolicyArn"): lambda policy: policy.arn,
    ("AWS::KMS::Key", "KeyId"): lambda key: key.id,
}


def attribute_of(logical_id: str, resource: Any, attribute: str) -> Any:
    """The attribute's value, or an error that names resource, type and attribute."""
    kind = getattr(resource, "cf_resource_type", type(resource).__name__)
    known = ATTRIBUTES.get((kind, attribute))
    if known:
        return known(resource)
    try:
        return resource.get_cfn_attribute(attribute)
    except (AttributeError, KeyError, NotImplementedError, UnformattedGetAttTemplateException):
        raise ValidationError(
            message=f"Template error: resource {logical_id} ({kind}) has no attribute {attribute} here"
        ) from None
