"""VPC and subnet settings that moto's CloudFormation passes over.

It puts a subnet without a zone into us-east-1a, and gives public addresses in the first subnet of each
zone, whatever `MapPublicIpOnLaunch` says.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-subnet.html
"""

from __future__ import annotations

from typing import Any

from moto.ec2 import ec2_backends
from moto.ec2.models.subnets import Subnet
from moto.ec2.models.vpcs import VPC

from ..bridge import replaces
from ..internal import call


@replaces(VPC, "create_from_cloudformation_json")
@classmethod
def create_vpc(
    cls: type[VPC], name: str, definition: dict[str, Any], account_id: str, region: str, **kwargs: Any
) -> VPC:
    vpc = create_vpc.__func__.original(name, definition, account_id, region, **kwargs)
    for setting in ("EnableDnsSupport", "EnableDnsHostnames"):
        if setting in definition["Properties"]:
            value = {"Value": definition["Properties"][setting]}
            call("ec2", region, "ModifyVpcAttribute", VpcId=vpc.id, **{setting: value})
    return vpc


@replaces(Subnet, "create_from_cloudformation_json")
@classmethod
def create_subnet(
    cls: type[Subnet], name: str, definition: dict[str, Any], account_id: str, region: str, **kwargs: Any
) -> Subnet:
    zone = ec2_backends[account_id][region].describe_availability_zones()[0].name
    definition["Properties"].setdefault("AvailabilityZone", zone)
    subnet = create_subnet.__func__.original(name, definition, account_id, region, **kwargs)
    value = {"Value": definition["Properties"].get("MapPublicIpOnLaunch", False)}
    call("ec2", region, "ModifySubnetAttribute", SubnetId=subnet.id, MapPublicIpOnLaunch=value)
    return subnet
