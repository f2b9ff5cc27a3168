"""The resource types that moto lacks or makes in part: each seen through its service's API."""

import base64
import json

import pytest
from aws_templates import allow, attribute, document, log_group, role, server
from botocore.exceptions import ClientError

SSM_CORE = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
AGENT = "arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy"


def resource(kind, **properties):
    return {"Type": f"AWS::{kind}", "Properties": properties}


def made(aws, resources, **template):
    stack = aws.create(resources, **template)
    assert stack.status == "CREATE_COMPLETE", stack.events
    return stack


def updated(stack, resources):
    stack.update(resources)
    assert stack.status == "UPDATE_COMPLETE", stack.events


def deleted(stack):
    stack.delete()
    assert stack.status == "DELETE_COMPLETE", stack.events


def test_a_role_has_its_managed_and_inline_policies_and_changes_in_place(aws):
    iam = aws.client("iam")
    separate = resource(
        "IAM::Policy", PolicyName="separate", PolicyDocument=document(allow("s3:*")), Roles=[{"Ref": "Role"}]
    )
    stack = made(aws, {"Role": role(allow("ec2:*"), ManagedPolicyArns=[SSM_CORE]), "Policy": separate})
    name = stack.physical_id("Role")

    def attached():
        return {
            item["PolicyArn"] for item in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
        }

    assert attached() == {SSM_CORE}
    assert set(iam.list_role_policies(RoleName=name)["PolicyNames"]) == {"inline", "separate"}
    updated(stack, {"Role": role(ManagedPolicyArns=[AGENT], Description="new"), "Policy": separate})
    assert stack.physical_id("Role") == name
    assert attached() == {AGENT}
    assert iam.list_role_policies(RoleName=name)["PolicyNames"] == ["separate"]
    assert iam.get_role(RoleName=name)["Role"]["Description"] == "new"
    deleted(stack)
    with pytest.raises(ClientError, match="NoSuchEntity"):
        iam.get_role(RoleName=name)


def test_a_managed_policy_goes_with_its_stack(aws):
    policy = resource("IAM::ManagedPolicy", PolicyDocument=document(allow("s3:*")), Roles=[{"Ref": "Role"}])
    stack = made(aws, {"Role": role(), "Policy": policy})
    arn = stack.physical_id("Policy")
    aws.client("iam").get_policy(PolicyArn=arn)
    deleted(stack)
    with pytest.raises(ClientError, match="NoSuchEntity"):
        aws.client("iam").get_policy(PolicyArn=arn)


def test_a_long_stack_name_still_gives_a_role_name_that_iam_takes(aws):
    stack = aws.create(
        {"ARoleWithARatherLongLogicalId1234567890": role()}, name="a-rather-long-stack-name-" + "x" * 80
    )
    assert stack.status == "CREATE_COMPLETE"
    assert len(stack.physical_id("ARoleWithARatherLongLogicalId1234567890")) <= 64


def test_a_bucket_has_its_settings_and_policy(aws):
    s3 = aws.client("s3")
    block = dict.fromkeys(
        ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
    )
    statement = {**allow("s3:GetObject", attribute("Bucket", "Arn")), "Principal": {"AWS": "*"}}
    encryption = {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    bucket = resource(
        "S3::Bucket",
        VersioningConfiguration={"Status": "Enabled"},
        PublicAccessBlockConfiguration=block,
        BucketEncryption={"ServerSideEncryptionConfiguration": [encryption]},
    )
    policy = resource("S3::BucketPolicy", Bucket={"Ref": "Bucket"}, PolicyDocument=document(statement))
    stack = made(aws, {"Bucket": bucket, "Policy": policy})
    name = stack.physical_id("Bucket")
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    assert s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"] == block
    found = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert found["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert (
        json.loads(s3.get_bucket_policy(Bucket=name)["Policy"])["Statement"][0]["Resource"]
        == f"arn:aws:s3:::{name}"
    )
    updated(stack, {"Bucket": bucket})
    with pytest.raises(ClientError, match="NoSuchBucketPolicy"):
        s3.get_bucket_policy(Bucket=name)


def test_a_log_group_has_the_arn_of_aws_and_keeps_its_name(aws):
    logs = aws.client("logs")
    outputs = {"Arn": {"Value": attribute("Log", "Arn")}}
    stack = made(aws, {"Log": log_group(RetentionInDays=7)}, Outputs=outputs)
    name = stack.physical_id("Log")
    assert stack.outputs["Arn"] == f"arn:aws:logs:us-west-2:{aws.account}:log-group:{name}:*"
    updated(stack, {"Log": log_group()})
    [found] = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    assert "retentionInDays" not in found


def test_a_metric_filter(aws):
    transformation = {
        "MetricName": "Failures",
        "MetricNamespace": "Boot",
        "MetricValue": "1",
        "Dimensions": [{"Key": "Phase", "Value": "$.phase"}],
    }
    properties = {"FilterPattern": "{$.phase=*}", "MetricTransformations": [transformation]}
    log = {"Log": log_group()}
    stack = made(
        aws, {**log, "Filter": resource("Logs::MetricFilter", LogGroupName={"Ref": "Log"}, **properties)}
    )
    name = stack.physical_id("Log")
    [found] = aws.client("logs").describe_metric_filters(logGroupName=name)["metricFilters"]
    assert found["metricTransformations"][0]["dimensions"] == {"Phase": "$.phase"}
    updated(stack, log)
    assert aws.client("logs").describe_metric_filters(logGroupName=name)["metricFilters"] == []


def test_alarms_and_their_topic(aws):
    cloudwatch, sns = aws.client("cloudwatch"), aws.client("sns")

    def resources(threshold):
        return {
            "Topic": resource("SNS::Topic", DisplayName="Alarms"),
            "Mail": resource(
                "SNS::Subscription", TopicArn={"Ref": "Topic"}, Protocol="email", Endpoint="a@b.example"
            ),
            "Policy": resource(
                "SNS::TopicPolicy",
                Topics=[{"Ref": "Topic"}],
                PolicyDocument=document(allow("sns:Publish", {"Ref": "Topic"})),
            ),
            "Alarm": resource(
                "CloudWatch::Alarm",
                Namespace="AWS/EC2",
                MetricName="CPUUtilization",
                Statistic="Average",
                ComparisonOperator="GreaterThanThreshold",
                Threshold=threshold,
                Period=60,
                EvaluationPeriods="3",
                AlarmActions=[{"Ref": "Topic"}],
            ),
        }

    stack = made(aws, resources(80), Outputs={"Arn": {"Value": attribute("Alarm", "Arn")}})
    name, topic = stack.physical_id("Alarm"), stack.physical_id("Topic")
    [found] = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    assert (found["Threshold"], found["EvaluationPeriods"], found["AlarmActions"]) == (80, 3, [topic])
    assert stack.outputs["Arn"] == found["AlarmArn"]
    attributes = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    assert attributes["DisplayName"] == "Alarms"
    [statement] = json.loads(attributes["Policy"])["Statement"]
    assert (statement["Action"], statement["Resource"]) == ("sns:Publish", topic)
    assert len(sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]) == 1
    updated(stack, resources(90))
    assert stack.physical_id("Alarm") == name
    assert cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["Threshold"] == 90
    deleted(stack)
    assert cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"] == []
    assert topic not in [item["TopicArn"] for item in sns.list_topics()["Topics"]]


def test_a_property_that_the_api_does_not_know_fails_the_resource(aws):
    stack = aws.create({"Topic": resource("CloudWatch::Dashboard", DashboardBody="{}", Colour="red")})
    assert stack.status == "ROLLBACK_COMPLETE"
    assert 'Unknown parameter in input: "Colour"' in stack.reason("Topic", "CREATE_FAILED")


def test_a_dashboard_keeps_its_name(aws):
    cloudwatch = aws.client("cloudwatch")
    stack = made(aws, {"Board": resource("CloudWatch::Dashboard", DashboardBody='{"widgets":[]}')})
    name = stack.physical_id("Board")
    updated(stack, {"Board": resource("CloudWatch::Dashboard", DashboardBody='{"widgets":[1]}')})
    assert stack.physical_id("Board") == name
    assert cloudwatch.get_dashboard(DashboardName=name)["DashboardBody"] == '{"widgets":[1]}'
    deleted(stack)
    with pytest.raises(ClientError):
        cloudwatch.get_dashboard(DashboardName=name)


def runbook(command, **properties):
    step = {"action": "aws:runShellScript", "name": "run", "inputs": {"runCommand": [command]}}
    content = {"schemaVersion": "2.2", "description": "x", "parameters": {}, "mainSteps": [step]}
    return resource("SSM::Document", Content=content, DocumentType="Command", **properties)


def test_a_document_gets_new_versions_under_its_name(aws):
    ssm = aws.client("ssm")
    stack = made(aws, {"Runbook": runbook("one", UpdateMethod="NewVersion")})
    name = stack.physical_id("Runbook")
    updated(stack, {"Runbook": runbook("two", UpdateMethod="NewVersion")})
    assert stack.physical_id("Runbook") == name
    found = ssm.get_document(Name=name)
    assert (found["DocumentVersion"], "two" in found["Content"]) == ("2", True)
    deleted(stack)
    with pytest.raises(ClientError, match="InvalidDocument"):
        ssm.get_document(Name=name)


def test_a_document_is_replaced_by_default_unless_it_has_a_name_of_its_own(aws):
    stack = made(aws, {"Runbook": runbook("one")})
    name = stack.physical_id("Runbook")
    updated(stack, {"Runbook": runbook("two")})
    assert stack.physical_id("Runbook") != name
    named = made(aws, {"Runbook": runbook("one", Name="named")})
    named.update({"Runbook": runbook("two", Name="named")})
    assert named.status == "UPDATE_ROLLBACK_COMPLETE"
    assert "custom-named resource requires replacing" in named.reason("Runbook", "UPDATE_FAILED")


def test_a_parameter_changes_in_place(aws):
    stack = made(aws, {"Value": resource("SSM::Parameter", Type="String", Value="one", Tags={"a": "b"})})
    name = stack.physical_id("Value")
    updated(stack, {"Value": resource("SSM::Parameter", Type="String", Value="two", Tags={"a": "b"})})
    found = aws.client("ssm").get_parameter(Name=name)["Parameter"]
    assert (found["Value"], found["Version"]) == ("two", 2)


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


def test_scaling_policies_and_lifecycle_hooks(aws):
    autoscaling = aws.client("autoscaling")
    group = {"AutoScalingGroupName": {"Ref": "Group"}}
    target = {
        "PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"},
        "TargetValue": 50,
    }
    stack = made(
        aws,
        {
            **server(),
            "Scaling": resource(
                "AutoScaling::ScalingPolicy",
                PolicyType="TargetTrackingScaling",
                TargetTrackingConfiguration=target,
                **group,
            ),
            "Hook": resource(
                "AutoScaling::LifecycleHook",
                LifecycleTransition="autoscaling:EC2_INSTANCE_TERMINATING",
                **group,
            ),
        },
    )
    name = stack.physical_id("Group")
    [policy] = autoscaling.describe_policies(AutoScalingGroupName=name)["ScalingPolicies"]
    assert policy["TargetTrackingConfiguration"]["TargetValue"] == 50
    [hook] = autoscaling.describe_lifecycle_hooks(AutoScalingGroupName=name)["LifecycleHooks"]
    assert hook["LifecycleHookName"] == stack.physical_id("Hook")
    updated(stack, server())
    assert autoscaling.describe_policies(AutoScalingGroupName=name)["ScalingPolicies"] == []
    assert autoscaling.describe_lifecycle_hooks(AutoScalingGroupName=name)["LifecycleHooks"] == []


def test_keys_and_cdk_metadata(aws):
    key = resource("KMS::Key", KeyPolicy=document(allow("kms:*")))
    stack = made(
        aws,
        {
            "Key": key,
            "Alias": resource("KMS::Alias", AliasName="alias/model", TargetKeyId=attribute("Key", "Arn")),
            "Metadata": resource("CDK::Metadata", Analytics="v2:deflate64:x"),
        },
    )
    assert aws.client("kms").describe_key(KeyId=stack.physical_id("Key"))["KeyMetadata"]["Enabled"]
    deleted(stack)


def test_user_data_survives_join_and_base64(aws):
    """As the CDK writes it: pieces of script around references."""
    text = ["#!/bin/bash\nexport GTF_REGION='", {"Ref": "AWS::Region"}, '\'\necho "$$ ${HOME} $(id)"\n']
    stack = made(aws, server(UserData={"Fn::Base64": {"Fn::Join": ["", text]}}))
    assert stack.user_data == "#!/bin/bash\nexport GTF_REGION='us-west-2'\necho \"$$ ${HOME} $(id)\"\n"
    assert base64.b64encode(stack.user_data.encode())


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
