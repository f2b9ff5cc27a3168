"""Network resources that moto makes but never removes.

moto's models of these have no delete, so that a destroyed stack leaves its route tables, gateways and
addresses behind, and with them the VPC. Its CloudFormation does not associate a route table with a subnet
either: it only remembers that it was asked to.
"""

from __future__ import annotations

from typing import Any

from moto.ec2 import ec2_backends
from moto.ec2.models.elastic_ip_addresses import ElasticAddress
from moto.ec2.models.flow_logs import FlowLogs
from moto.ec2.models.internet_gateways import InternetGateway
from moto.ec2.models.nat_gateways import NatGateway
from moto.ec2.models.route_tables import Route, RouteTable
from moto.ec2.models.subnets import SubnetRouteTableAssociation
from moto.ec2.models.vpcs import VPCEndPoint
from moto.ec2.models.vpn_gateway import VPCGatewayAttachment

from ..bridge import extends, replaces


@replaces(SubnetRouteTableAssociation, "create_from_cloudformation_json")
@classmethod
def associate(
    cls: type[SubnetRouteTableAssociation],
    _: str,
    cloudformation_json: dict[str, Any],
    account_id: str,
    region_name: str,
    **__: Any,
) -> SubnetRouteTableAssociation:
    properties = cloudformation_json["Properties"]
    association = cls(properties["RouteTableId"], properties["SubnetId"])
    association.id = ec2_backends[account_id][region_name].associate_route_table(
        association.route_table_id, subnet_id=association.subnet_id
    )
    return association


@replaces(SubnetRouteTableAssociation, "physical_resource_id")
@property
def association_id(self: SubnetRouteTableAssociation) -> str:
    return self.id


@extends(SubnetRouteTableAssociation, "delete")
def disassociate(self: SubnetRouteTableAssociation, account_id: str, region_name: str) -> None:
    ec2_backends[account_id][region_name].disassociate_route_table(self.id)


@extends(ElasticAddress, "delete")
def delete_address(self: ElasticAddress, account_id: str, region_name: str) -> None:
    ec2_backends[account_id][region_name].release_address(allocation_id=self.allocation_id)


@extends(FlowLogs, "delete")
def delete_flow_log(self: FlowLogs, account_id: str, region_name: str) -> None:
    ec2_backends[account_id][region_name].delete_flow_logs([self.id])


@extends(InternetGateway, "delete")
def delete_internet_gateway(self: InternetGateway, account_id: str, region_name: str) -> None:
    ec2_backends[account_id][region_name].delete_internet_gateway(self.id)


@extends(NatGateway, "delete")
def delete_nat_gateway(self: NatGateway, account_id: str, region_name: str) -> None:
    ec2_backends[account_id][region_name].delete_nat_gateway(self.id)


@extends(Route, "delete")
def delete_route(self: Route, account_id: str, region_name: str) -> None:
    ec2_backends[account_id][region_name].delete_route(
        self.route_table.id, self.destination_cidr_block, self.destination_ipv6_cidr_block
    )


@extends(RouteTable, "delete")
def delete_route_table(self: RouteTable, account_id: str, region_name: str) -> None:
    ec2_backends[account_id][region_name].delete_route_table(self.id)


@extends(VPCEndPoint, "delete")
def delete_vpc_endpoint(self: VPCEndPoint, account_id: str, region_name: str) -> None:
    ec2_backends[account_id][region_name].delete_vpc_endpoints([self.id])


@extends(VPCGatewayAttachment, "delete")
def detach_gateway(self: VPCGatewayAttachment, account_id: str, region_name: str) -> None:
    backend = ec2_backends[account_id][region_name]
    if self.gateway_id in backend.internet_gateways:
        backend.detach_internet_gateway(self.gateway_id, self.vpc_id)
    else:
        backend.detach_vpn_gateway(self.gateway_id, self.vpc_id)
