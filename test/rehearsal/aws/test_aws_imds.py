"""The instance metadata service of one instance."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests
from aws_templates import document, role, server
from embedded_aws import ROOT, start, stop

TTL = "X-aws-ec2-metadata-token-ttl-seconds"
TOKEN = "X-aws-ec2-metadata-token"  # noqa: S105 -- a header's name


class Metadata:
    """The service as a client on the instance sees it."""

    def __init__(self, endpoint):
        self.endpoint = endpoint

    def token(self, ttl="60", **keywords):
        return requests.put(f"{self.endpoint}/latest/api/token", headers={TTL: ttl}, timeout=10, **keywords)

    def get(self, path, token=None):
        headers = {TOKEN: token or self.token().text}
        return requests.get(f"{self.endpoint}/latest/{path}", headers=headers, timeout=10)


@pytest.fixture(scope="module")
def stack(aws):
    return aws.create(server())


@pytest.fixture(scope="module")
def metadata(aws, stack):
    instance = stack.instance["InstanceId"]
    process, ready = start("rehearsal.aws.imds", "--endpoint", aws.endpoint, "--instance-id", instance)
    yield Metadata(ready["endpoint"])
    assert stop(process) == 0


def test_answers_on_loopback_about_its_instance(aws, stack, metadata):
    assert metadata.endpoint.startswith("http://127.0.0.1:")
    instance, role_name = stack.instance, stack.physical_id("Role")
    texts = {
        "meta-data/instance-id": instance["InstanceId"],
        "meta-data/instance-type": "c7g.xlarge",
        "meta-data/ami-id": instance["ImageId"],
        "meta-data/placement/region": "us-west-2",
        "meta-data/placement/availability-zone": instance["Placement"]["AvailabilityZone"],
        "meta-data/iam/security-credentials/": role_name,
        "meta-data/local-ipv4": instance["PrivateIpAddress"],
    }
    assert {path: metadata.get(path).text for path in texts} == texts
    document = metadata.get("dynamic/instance-identity/document").json()
    assert document["region"] == "us-west-2"
    assert (document["instanceId"], document["accountId"]) == (instance["InstanceId"], aws.account)
    assert document["architecture"] == "arm64"
    info = metadata.get("meta-data/iam/info").json()
    assert info["InstanceProfileArn"] == instance["IamInstanceProfile"]["Arn"]


def test_needs_a_token(metadata):
    url = f"{metadata.endpoint}/latest/meta-data/instance-id"
    assert requests.get(url, timeout=10).status_code == 401
    assert metadata.get("meta-data/instance-id", token="made-up").status_code == 401  # noqa: S106
    assert metadata.token().headers[TTL] == "60"


@pytest.mark.parametrize("ttl", ["0", "21601", "soon", ""])
def test_refuses_a_token_of_another_length(metadata, ttl):
    assert metadata.token(ttl).status_code == 400


def test_a_token_ends(metadata):
    token = metadata.token("1").text
    assert metadata.get("meta-data/instance-id", token).status_code == 200
    time.sleep(1.1)
    assert metadata.get("meta-data/instance-id", token).status_code == 401


@pytest.mark.parametrize(
    "path", ["meta-data/spot", "meta-data/iam/security-credentials/Other", "user-data", "x"]
)
def test_has_nothing_else(metadata, path):
    assert metadata.get(path).status_code == 404


def test_the_credentials_are_a_session_of_the_role(aws, stack, metadata):
    name = stack.physical_id("Role")
    first = metadata.get(f"meta-data/iam/security-credentials/{name}").json()
    assert first["Code"] == "Success"
    assert first["AccessKeyId"].startswith("ASIA")
    assert metadata.get(f"meta-data/iam/security-credentials/{name}").json() == first
    identity = aws.client(
        "sts",
        aws_access_key_id=first["AccessKeyId"],
        aws_secret_access_key=first["SecretAccessKey"],
        aws_session_token=first["Token"],
    ).get_caller_identity()
    assert identity["Arn"].endswith(f":assumed-role/{name}/{stack.instance['InstanceId']}")


def test_the_aws_cli_finds_its_credentials_there(aws, stack, metadata):
    environment = {
        "AWS_EC2_METADATA_SERVICE_ENDPOINT": metadata.endpoint,
        "AWS_ENDPOINT_URL": aws.endpoint,
        "AWS_DEFAULT_REGION": aws.region,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "PATH": os.environ["PATH"],
    }
    command = [str(Path(sys.executable).with_name("aws")), "sts", "get-caller-identity"]
    found = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert found.returncode == 0, found.stderr
    assert stack.physical_id("Role") in json.loads(found.stdout)["Arn"]


def test_a_role_that_does_not_trust_ec2_gives_no_credentials(aws):
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    stack = aws.create({**server(), "Role": role(AssumeRolePolicyDocument=document(trust))})
    instance, name = stack.instance["InstanceId"], stack.physical_id("Role")
    path = f"embedded-aws/instances/{instance}/meta-data/iam/security-credentials/{name}"
    assert requests.get(f"{aws.endpoint}/{path}", timeout=10).json()["Code"] == "AssumeRoleUnauthorizedAccess"


@pytest.mark.parametrize(
    ("endpoint", "instance", "message"),
    [
        (None, "i-00000000000000000", "--instance-id: the embedded AWS has no running instance i-0"),
        ("http://127.0.0.1:1", "i-1", "--endpoint: http://127.0.0.1:1 does not answer"),
    ],
)
def test_says_what_is_wrong_with_its_arguments(aws, endpoint, instance, message):
    arguments = ["--endpoint", endpoint or aws.endpoint, "--instance-id", instance]
    command = [sys.executable, "-m", "rehearsal.aws.imds", *arguments]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert ended.returncode == 2
    assert message in ended.stderr
