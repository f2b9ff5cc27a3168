"""What an update of a launch template or a group does to the instances."""

import base64

import requests
from aws_templates import AL2023, log_group, server

CHANGED = "#!/bin/bash\necho two\n"


def test_new_user_data_takes_a_new_instance_before_the_old_one_goes(aws):
    stack = aws.create(server())
    before, group = stack.instance, stack.physical_id("Group")
    stack.update(server(CHANGED))
    assert stack.status == "UPDATE_COMPLETE"
    after = stack.instance
    assert after["InstanceId"] != before["InstanceId"]
    assert stack.user_data == CHANGED
    assert {"Key": "aws:ec2launchtemplate:version", "Value": "2"} in after["Tags"]
    gone = aws.client("ec2").describe_instances(InstanceIds=[before["InstanceId"]])
    assert gone["Reservations"][0]["Instances"][0]["State"]["Name"] == "terminated"
    assert stack.physical_id("Group") == group
    reasons = [reason for name, _, reason in stack.events if name == "Group" and reason]
    assert [reason.split(".")[0].split(" [")[0] for reason in reasons] == [
        "Rolling update initiated",
        "Temporarily setting autoscaling group MinSize and DesiredCapacity to 2",
        "New instance(s) added to autoscaling group - Waiting on 1 resource signal(s) with a timeout of PT5M",
        "Successfully terminated instance(s)",
    ]
    described = aws.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[group])
    [member] = described["AutoScalingGroups"][0]["Instances"]
    assert member["LaunchTemplate"]["Version"] == "2"


def test_an_update_of_something_else_replaces_nothing(aws):
    stack = aws.create(server())
    before = stack.instance
    stack.update({**server(), "Log": log_group()})
    assert stack.status == "UPDATE_COMPLETE"
    assert stack.instance["InstanceId"] == before["InstanceId"]
    found = aws.client("ec2").describe_launch_templates(LaunchTemplateIds=[stack.physical_id("Template")])
    assert found["LaunchTemplates"][0]["LatestVersionNumber"] == 1


def test_a_moved_image_parameter_replaces_nothing_until_the_next_launch(aws):
    name = AL2023.replace("6.1", "6.12")
    template = server(ImageId=f"resolve:ssm:{name}")
    stack = aws.create(template)
    before = stack.instance
    moved = {"name": name, "value": "ami-0fedcba9876543210"}
    requests.post(f"{aws.endpoint}/embedded-aws/parameters", json=moved, timeout=10).raise_for_status()
    stack.update({**template, "Log": log_group()})
    assert stack.instance["InstanceId"] == before["InstanceId"]
    data = template["Template"]["Properties"]["LaunchTemplateData"]
    data["UserData"] = base64.b64encode(CHANGED.encode()).decode()
    stack.update(template)
    assert stack.instance["ImageId"] == "ami-0fedcba9876543210" != before["ImageId"]


def test_without_an_update_policy_the_instance_stays(aws):
    stack = aws.create(server(rolling=False))
    before = stack.instance
    stack.update(server(CHANGED, rolling=False))
    assert stack.status == "UPDATE_COMPLETE"
    assert stack.instance["InstanceId"] == before["InstanceId"]


def test_a_failed_update_rolls_the_group_back(aws):
    stack = aws.create(server())
    stack.update({**server(CHANGED), "Thing": {"Type": "AWS::Quantum::Teleporter", "DependsOn": "Group"}})
    assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
    assert stack.user_data == "#!/bin/bash\necho one\n"


def test_more_capacity_adds_and_the_old_instance_stays(aws):
    template = server()
    stack = aws.create(template)
    before = stack.instance["InstanceId"]
    template["Group"]["Properties"]["MinSize"] = "2"
    stack.update(template)
    found = {instance["InstanceId"] for instance in stack.instances}
    assert before in found
    assert len(found) == 2


def test_nothing_is_left_of_a_deleted_server(aws):
    stack = aws.create(server())
    before, vpc = stack.instance, stack.physical_id("Vpc")
    stack.delete()
    assert stack.status == "DELETE_COMPLETE"
    ec2 = aws.client("ec2")
    found = ec2.describe_instances(InstanceIds=[before["InstanceId"]])["Reservations"][0]["Instances"][0]
    assert found["State"]["Name"] == "terminated"
    assert ec2.describe_vpcs(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Vpcs"] == []
    metadata = f"{aws.endpoint}/embedded-aws/instances/{before['InstanceId']}/meta-data/instance-id"
    assert requests.get(metadata, timeout=10).status_code == 410
