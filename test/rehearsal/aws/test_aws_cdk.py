"""The real CDK CLI: bootstrap, deploy, no-op, update, destroy."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from embedded_aws import ROOT, Stack

APP = Path(__file__).parent / "fixtures" / "app"
STACK = "Small"


@pytest.fixture
def cdk(own_aws, tmp_path):
    """Runs the CLI in a folder, and returns what it printed."""
    node = shutil.which("node")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "AWS_ENDPOINT_URL": own_aws.endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": own_aws.region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "CDK_DISABLE_VERSION_CHECK": "true",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "CDK_VALIDATION": "false",
    }

    def run(cwd, *arguments):
        command = [
            node,
            str(ROOT / "node_modules/aws-cdk/bin/cdk"),
            *arguments,
            "--no-notices",
            "--no-color",
            "--ci",
        ]
        ended = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=120)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout + ended.stderr

    def app(command, *arguments):
        output = ["--app", "node app.js", "--output", str(tmp_path / "cdk.out")]
        return run(APP, command, *output, *arguments)

    run(tmp_path, "bootstrap", f"aws://{own_aws.account}/{own_aws.region}")
    return app


def test_deploys_and_destroys(own_aws, cdk, tmp_path):
    stack = Stack(own_aws, STACK)
    outputs = tmp_path / "outputs.json"
    cdk("deploy", "--require-approval", "never", "--outputs-file", str(outputs))
    group = json.loads(outputs.read_text())[STACK]["GroupName"]
    described = own_aws.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[group])
    assert described["AutoScalingGroups"][0]["DesiredCapacity"] == 1
    logical_id = stack.cloudformation.describe_stack_resources(PhysicalResourceId=group, StackName=STACK)
    assert logical_id["StackResources"]
    before = instances(own_aws)
    assert [item["State"]["Name"] for item in before] == ["running"]

    # `--force` sends the unchanged template: the emulator must see for itself that nothing changes.
    assert "no changes" in cdk("deploy", "--require-approval", "never", "--force").lower()
    assert instances(own_aws) == before

    cdk("deploy", "--require-approval", "never", "--context", "greeting=goodbye")
    assert stack.status == "UPDATE_COMPLETE"
    states = {item["InstanceId"]: item["State"]["Name"] for item in instances(own_aws)}
    assert states.pop(before[0]["InstanceId"]) == "terminated"
    assert list(states.values()) == ["running"]

    cdk("destroy", "--force")
    assert own_aws.client("cloudformation").describe_stacks()["Stacks"][0]["StackName"] == "CDKToolkit"
    assert {item["State"]["Name"] for item in instances(own_aws)} == {"terminated"}
    ec2 = own_aws.client("ec2")
    assert [vpc["IsDefault"] for vpc in ec2.describe_vpcs()["Vpcs"]] == [True]
    assert ec2.describe_launch_templates()["LaunchTemplates"] == []
    assert own_aws.client("logs").describe_log_groups()["logGroups"] == []
    roles = own_aws.client("iam").list_roles()["Roles"]
    assert [role["RoleName"] for role in roles if role["RoleName"].startswith(STACK)] == []


def instances(aws):
    found = aws.client("ec2").describe_instances()["Reservations"]
    return [instance for reservation in found for instance in reservation["Instances"]]
