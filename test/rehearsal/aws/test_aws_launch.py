"""Instances that a group launches from its launch template."""

import base64

import pytest
import requests
from aws_templates import AL2023, server
from botocore.exceptions import ClientError


@pytest.fixture(scope="module")
def stack(aws):
    return aws.create(server())


@pytest.fixture(scope="module")
def instance(stack):
    return stack.instance


def test_the_image_is_what_the_parameter_names_now(aws, instance):
    assert instance["ImageId"] == aws.client("ssm").get_parameter(Name=AL2023)["Parameter"]["Value"]
    assert (instance["Architecture"], instance["InstanceType"]) == ("arm64", "c7g.xlarge")
    template = aws.client("ec2").describe_launch_template_versions(Versions=["$Latest"])
    image = template["LaunchTemplateVersions"][0]["LaunchTemplateData"]["ImageId"]
    assert image == f"resolve:ssm:{AL2023}"


def test_it_carries_user_data_profile_tags_and_metadata_options(aws, stack, instance):
    assert stack.user_data == "#!/bin/bash\necho one\n"
    assert instance["IamInstanceProfile"]["Arn"].endswith(f"/{stack.physical_id('Profile')}")
    options = instance["MetadataOptions"]
    assert (options["HttpTokens"], options["HttpPutResponseHopLimit"]) == ("required", 1)
    assert instance["SubnetId"] == stack.physical_id("Subnet")
    tags = {tag["Key"]: tag["Value"] for tag in instance["Tags"]}
    assert tags["Name"] == "server"
    assert tags["aws:autoscaling:groupName"] == stack.physical_id("Group")
    assert tags["aws:cloudformation:stack-name"] == stack.name
    assert tags["aws:cloudformation:logical-id"] == "Group"
    assert tags["aws:ec2launchtemplate:version"] == "1"


def test_block_devices_are_the_templates_own(aws):
    disk = {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 64, "VolumeType": "gp3", "Encrypted": True}}
    [attached] = aws.create(server(BlockDeviceMappings=[disk])).instance["BlockDeviceMappings"]
    volumes = aws.client("ec2").describe_volumes(VolumeIds=[attached["Ebs"]["VolumeId"]])["Volumes"]
    assert (volumes[0]["Size"], volumes[0]["VolumeType"], volumes[0]["Encrypted"]) == (64, "gp3", True)


@pytest.mark.parametrize(
    ("launch", "message"),
    [
        ({"InstanceType": "c7i.xlarge"}, "architecture 'x86_64'.* does not match the architecture 'arm64'"),
        ({"ImageId": "resolve:ssm:/no/image"}, r"Unable to fetch parameters \[/no/image\]"),
        ({"ImageId": "ami-00000000000000000"}, "image id .* does not exist"),
        ({"UserData": base64.b64encode(b"x" * 16_385).decode()}, "limited to 16384 bytes, got 16385"),
    ],
)
def test_refuses_to_launch(aws, launch, message):
    stack = aws.create(server(**launch))
    assert stack.status == "ROLLBACK_COMPLETE"
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(stack.reason("Group", "CREATE_FAILED"))


def test_user_data_of_16_kb_is_taken(aws):
    stack = aws.create(server(user_data="x" * 16_384))
    assert len(stack.user_data) == 16_384


@pytest.mark.parametrize("region", ["us-west-2", "eu-south-2"])
@pytest.mark.parametrize(
    "name",
    [
        AL2023,
        AL2023.replace("6.1", "6.12"),
        AL2023.replace("6.1", "default"),
        "/aws/service/ami-amazon-linux-latest/amzn2-ami-kernel-5.10-hvm-arm64-gp2",
        "/aws/service/canonical/ubuntu/server/22.04/stable/current/arm64/hvm/ebs-gp2/ami-id",
        "/aws/service/canonical/ubuntu/server/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id",
        "/aws/service/ecs/optimized-ami/amazon-linux-2023/arm64/recommended/image_id",
    ],
)
def test_public_parameters_name_arm64_images(aws, region, name):
    image = aws.client("ssm", region).get_parameter(Name=name)["Parameter"]["Value"]
    found = aws.client("ec2", region).describe_images(ImageIds=[image])["Images"]
    assert found[0]["Architecture"] == "arm64"


def test_a_public_parameter_moves_only_by_the_rehearsals_own_route(aws):
    name = "/aws/service/ami-amazon-linux-latest/al2023-ami-minimal-kernel-default-arm64"
    ssm = aws.client("ssm")
    with pytest.raises(ClientError):
        ssm.put_parameter(Name=name, Value="ami-0123456789abcdef0", Type="String", Overwrite=True)
    before = ssm.get_parameter(Name=name)["Parameter"]
    route = f"{aws.endpoint}/embedded-aws/parameters"
    moved = requests.post(route, json={"name": name, "value": "ami-0123456789abcdef0"}, timeout=10)
    assert moved.status_code == 204
    after = ssm.get_parameter(Name=name)["Parameter"]
    assert (after["Value"], after["Version"]) == ("ami-0123456789abcdef0", before["Version"] + 1)
    assert (
        aws.client("ec2").describe_images(ImageIds=[after["Value"]])["Images"][0]["Architecture"] == "arm64"
    )
    assert requests.post(route, json={"name": name}, timeout=10).status_code == 400
