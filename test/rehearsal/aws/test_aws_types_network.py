"""Networks and names: types that moto lacks or makes in part, seen through their APIs."""

import pytest
from aws_templates import attribute, log_group, role
from botocore.exceptions import ClientError
from stack_checks import deleted, made, resource, updated


def test_security_group_rules_are_the_templates_own(aws):
    ec2 = aws.client("ec2")

    def resources(port, source="10.0.0.0/8"):
        open_port = {
            "IpProtocol": "tcp",
            "FromPort": port,
            "ToPort": port,
            "CidrIp": source,
            "Description": "x",
        }
        group = {"VpcId": {"Ref": "Vpc"}, "GroupDescription": "server"}
        own = {"GroupId": attribute("Group", "GroupId"), "IpProtocol": "tcp", "FromPort": 1, "ToPort": 2}
        return {
            "Vpc": resource("EC2::VPC", CidrBlock="10.0.0.0/16"),
            "Group": resource(
                "EC2::SecurityGroup",
                SecurityGroupIngress=[open_port],
                SecurityGroupEgress=[
                    {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "0.0.0.0/0"}
                ],
                **group,
            ),
            "Other": resource("EC2::SecurityGroup", **group),
            "In": resource("EC2::SecurityGroupIngress", SourceSecurityGroupId={"Ref": "Other"}, **own),
            "Out": resource("EC2::SecurityGroupEgress", CidrIpv6="::/0", **own),
        }

    def rules(name, direction):
        found = ec2.describe_security_groups(GroupIds=[stack.physical_id(name)])["SecurityGroups"][0]
        return sorted((rule["IpProtocol"], rule.get("FromPort")) for rule in found[direction])

    stack = made(aws, resources(8501))
    group = stack.physical_id("Group")
    assert group.startswith("sg-")
    assert rules("Group", "IpPermissions") == [("tcp", 1), ("tcp", 8501)]
    assert rules("Group", "IpPermissionsEgress") == [("tcp", 1), ("tcp", 443)]
    assert rules("Other", "IpPermissionsEgress") == [("-1", None)]
    updated(stack, resources(8500))
    assert stack.physical_id("Group") == group
    assert rules("Group", "IpPermissions") == [("tcp", 1), ("tcp", 8500)]
    without = resources(8500)
    del without["In"], without["Out"]
    updated(stack, without)
    assert rules("Group", "IpPermissions") == [("tcp", 8500)]
    assert rules("Group", "IpPermissionsEgress") == [("tcp", 443)]
    deleted(stack)


def test_a_whole_network_comes_and_goes(aws):
    ec2, vpc = aws.client("ec2"), {"VpcId": {"Ref": "Vpc"}}
    stack = made(
        aws,
        {
            "Vpc": resource("EC2::VPC", CidrBlock="10.0.0.0/16", EnableDnsHostnames=True),
            "Subnet": resource("EC2::Subnet", CidrBlock="10.0.0.0/24", MapPublicIpOnLaunch=True, **vpc),
            "Private": resource("EC2::Subnet", CidrBlock="10.0.1.0/24", **vpc),
            "Table": resource("EC2::RouteTable", Tags=[{"Key": "Name", "Value": "table"}], **vpc),
            "Joined": resource(
                "EC2::SubnetRouteTableAssociation", RouteTableId={"Ref": "Table"}, SubnetId={"Ref": "Subnet"}
            ),
            "Gateway": resource("EC2::InternetGateway"),
            "Attached": resource("EC2::VPCGatewayAttachment", InternetGatewayId={"Ref": "Gateway"}, **vpc),
            "Route": {
                **resource(
                    "EC2::Route",
                    RouteTableId={"Ref": "Table"},
                    DestinationCidrBlock="0.0.0.0/0",
                    GatewayId={"Ref": "Gateway"},
                ),
                "DependsOn": "Attached",
            },
            "Address": resource("EC2::EIP", Domain="vpc"),
            "Nat": resource(
                "EC2::NatGateway",
                SubnetId={"Ref": "Subnet"},
                AllocationId=attribute("Address", "AllocationId"),
            ),
            "Endpoint": resource(
                "EC2::VPCEndpoint",
                ServiceName={"Fn::Sub": "com.amazonaws.${AWS::Region}.s3"},
                RouteTableIds=[{"Ref": "Table"}],
                VpcEndpointType="Gateway",
                **vpc,
            ),
            "Log": log_group(),
            "Role": role(),
            "Flow": resource(
                "EC2::FlowLog",
                ResourceId={"Ref": "Vpc"},
                ResourceType="VPC",
                TrafficType="ALL",
                LogGroupName={"Ref": "Log"},
                DeliverLogsPermissionArn=attribute("Role", "Arn"),
            ),
        },
    )
    ids = {name: stack.physical_id(name) for name in stack.logical_ids}
    [table] = ec2.describe_route_tables(RouteTableIds=[ids["Table"]])["RouteTables"]
    assert [item["SubnetId"] for item in table["Associations"]] == [ids["Subnet"]]
    assert {"Key": "Name", "Value": "table"} in table["Tags"]
    subnets = ec2.describe_subnets(SubnetIds=[ids["Subnet"], ids["Private"]])["Subnets"]
    public = {subnet["SubnetId"]: subnet["MapPublicIpOnLaunch"] for subnet in subnets}
    assert public == {ids["Subnet"]: True, ids["Private"]: False}
    assert {subnet["AvailabilityZone"] for subnet in subnets} == {"us-west-2a"}
    names = ec2.describe_vpc_attribute(VpcId=ids["Vpc"], Attribute="enableDnsHostnames")
    assert names["EnableDnsHostnames"]["Value"]
    deleted(stack)
    of_vpc = [{"Name": "vpc-id", "Values": [ids["Vpc"]]}]
    assert ec2.describe_vpcs(Filters=of_vpc)["Vpcs"] == []
    assert ec2.describe_route_tables(Filters=of_vpc)["RouteTables"] == []
    assert ec2.describe_flow_logs(FlowLogIds=[ids["Flow"]])["FlowLogs"] == []
    assert ids["Address"] not in [item["PublicIp"] for item in ec2.describe_addresses()["Addresses"]]
    [nat] = ec2.describe_nat_gateways(NatGatewayIds=[ids["Nat"]])["NatGateways"]
    assert nat["State"] == "deleted"


def test_changed_tags_replace_no_network(aws):
    def network(value):
        tags = [{"Key": "Owner", "Value": value}]
        return {"Vpc": resource("EC2::VPC", CidrBlock="10.0.0.0/16", Tags=tags)}

    stack = made(aws, network("one"))
    vpc = stack.physical_id("Vpc")
    updated(stack, network("two"))
    assert stack.physical_id("Vpc") == vpc
    [found] = aws.client("ec2").describe_vpcs(VpcIds=[vpc])["Vpcs"]
    assert {"Key": "Owner", "Value": "two"} in found["Tags"]


def test_a_private_zone_and_a_record(aws):
    def resources(address):
        vpc = {"VPCId": {"Ref": "Vpc"}, "VPCRegion": {"Ref": "AWS::Region"}}
        return {
            "Vpc": resource("EC2::VPC", CidrBlock="10.0.0.0/16"),
            "Zone": resource("Route53::HostedZone", Name="model.internal", VPCs=[vpc]),
            "Record": resource(
                "Route53::RecordSet",
                HostedZoneId={"Ref": "Zone"},
                Name="fixed.model.internal.",
                Type="A",
                TTL="60",
                ResourceRecords=[address],
            ),
        }

    stack = made(aws, resources("10.0.0.1"), Outputs={"Id": {"Value": attribute("Zone", "Id")}})
    route53, zone = aws.client("route53"), stack.outputs["Id"]
    found = route53.get_hosted_zone(Id=zone)
    assert found["HostedZone"]["Config"]["PrivateZone"]
    assert [vpc["VPCId"] for vpc in found["VPCs"]] == [stack.physical_id("Vpc")]
    updated(stack, resources("10.0.0.2"))
    assert stack.physical_id("Zone") == zone
    records = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    [record] = [record for record in records if record["Type"] == "A"]
    assert record["ResourceRecords"] == [{"Value": "10.0.0.2"}]

    # A record that an instance has put there keeps the zone, as in AWS.
    own = {"Name": "server.model.internal", "Type": "A", "TTL": 5, "ResourceRecords": [{"Value": "10.0.0.3"}]}

    def change(action):
        batch = {"Changes": [{"Action": action, "ResourceRecordSet": own}]}
        route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)

    change("UPSERT")
    stack.delete()
    assert stack.status == "DELETE_FAILED"
    assert "server.model.internal. A" in stack.reason("Zone", "DELETE_FAILED")
    change("DELETE")
    deleted(stack)
    with pytest.raises(ClientError, match="NoSuchHostedZone"):
        route53.get_hosted_zone(Id=zone)
