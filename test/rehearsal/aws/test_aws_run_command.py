"""A command, from SendCommand over the agent to what the API tells of it."""

import time
from pathlib import Path

import pytest
from aws_templates import allow, sub
from botocore.exceptions import ClientError
from run_command import agent, ended, make_document, make_server, step, until

TAG = "graviton-tensorflow:stack"


@pytest.fixture(scope="module")
def bucket(aws):
    aws.client("s3").create_bucket(
        Bucket="results", CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
    )
    return "results"


@pytest.fixture(scope="module")
def instance(aws, bucket, tmp_path_factory):
    """One whose agent is online."""
    put = allow(["s3:PutObject", "s3:PutObjectAcl"], sub(f"arn:${{AWS::Partition}}:s3:::{bucket}/*"))
    stack = make_server(aws, put, tags={TAG: "own"})
    name = stack.instance["InstanceId"]
    with agent(aws, name, tmp_path_factory.mktemp("agent")):
        yield name


@pytest.fixture(scope="module")
def offline(aws, tmp_path_factory):
    """One whose agent was online once."""
    name = make_server(aws, tags={TAG: "offline"}).instance["InstanceId"]
    with agent(aws, name, tmp_path_factory.mktemp("agent")):
        pass
    return name


@pytest.fixture(scope="module")
def hello(aws):
    parameters = {"Word": {"type": "String", "default": "x", "interpolationType": "ENV_VAR", "maxChars": 9}}
    steps = [
        step("Hello", 'echo "hello $SSM_Word"; echo oh >&2'),
        step("Long", "head -c 30000 /dev/zero | tr '\\0' x; head -c 9000 /dev/zero | tr '\\0' e >&2"),
        step("Quiet", "exit 3", onFailure="exit"),
        step("Never", "echo never"),
        step("Last", "echo last", finallyStep=True),
    ]
    return make_document(aws, "hello", *steps, parameters=parameters)


@pytest.fixture
def ssm(aws):
    return aws.client("ssm")


def refused(code, call, **arguments):
    with pytest.raises(ClientError) as error:
        call(**arguments)
    assert error.value.response["Error"]["Code"] == code
    return error.value.response["Error"].get("Message", "")


def test_a_command_runs_on_the_instances_of_a_tag_and_tells_of_every_step(ssm, aws, instance, hello, bucket):
    sent = ssm.send_command(
        DocumentName="hello",
        DocumentVersion=hello["DocumentVersion"],
        DocumentHash=hello["Hash"],
        DocumentHashType="Sha256",
        Targets=[{"Key": f"tag:{TAG}", "Values": ["own"]}],
        Parameters={"Word": ["you"]},
        OutputS3BucketName=bucket,
        OutputS3KeyPrefix="troubleshoot",
        Comment="a test",
    )["Command"]
    assert (sent["Status"], sent["InstanceIds"], sent["TargetCount"]) == ("Pending", [], 0)
    done = ended(ssm, sent["CommandId"])
    assert (done["InstanceId"], done["Status"], done["StatusDetails"]) == (instance, "Failed", "Failed")
    assert [(each["Name"], each["Status"], each["ResponseCode"]) for each in done["CommandPlugins"]] == [
        ("Hello", "Success", 0),
        ("Long", "Success", 0),
        ("Quiet", "Failed", 3),
        # The API has no word for a step that was passed over.
        ("Never", "Success", 0),
        ("Last", "Success", 0),
    ]
    assert done["CommandPlugins"][0]["Output"] == "hello you\n\n----------ERROR-------\noh\n"
    assert len(done["CommandPlugins"][1]["Output"]) == 2500
    assert "never" not in done["CommandPlugins"][3]["Output"]
    command = ssm.list_commands(CommandId=sent["CommandId"])["Commands"][0]
    assert [command[key] for key in ("Status", "TargetCount", "CompletedCount", "ErrorCount", "Comment")] == [
        "Failed", 1, 1, 1, "a test",
    ]  # fmt: skip

    result = ssm.get_command_invocation(CommandId=sent["CommandId"], InstanceId=instance, PluginName="Long")
    assert (len(result["StandardOutputContent"]), len(result["StandardErrorContent"])) == (24_000, 8_000)
    assert result["StandardOutputContent"].endswith("--output truncated--")

    base = f"troubleshoot/{sent['CommandId']}/{instance}/awsrunShellScript"
    listed = aws.client("s3").list_objects_v2(Bucket=bucket, Prefix=base)["Contents"]
    # A file without a byte is not uploaded: Quiet has none.
    assert [each["Key"].removeprefix(f"{base}/") for each in listed] == [
        "Hello/stderr", "Hello/stdout", "Last/stdout", "Long/stderr", "Long/stdout",
    ]  # fmt: skip
    assert next(each["Size"] for each in listed if each["Key"].endswith("Long/stdout")) == 30_000
    assert done["CommandPlugins"][0]["OutputS3KeyPrefix"] == base
    assert done["CommandPlugins"][0]["StandardOutputUrl"].endswith(f"{bucket}/{base}/Hello/stdout")


def test_an_invocation_is_not_there_at_once(ssm, instance, hello):
    command = ssm.send_command(DocumentName="hello", InstanceIds=[instance])["Command"]["CommandId"]
    assert ssm.list_command_invocations(CommandId=command)["CommandInvocations"] == []
    wanted = {"CommandId": command, "InstanceId": instance, "PluginName": "Hello"}
    refused("InvocationDoesNotExist", ssm.get_command_invocation, **wanted)
    ended(ssm, command)
    assert "Hello, Long, " in refused(
        "InvalidPluginName", ssm.get_command_invocation, **{**wanted, "PluginName": "Nowhere"}
    )
    refused(
        "InvocationDoesNotExist",
        ssm.get_command_invocation,
        **{**wanted, "InstanceId": "i-0123456789abcdef0"},
    )
    refused("InvalidCommandId", ssm.list_command_invocations, CommandId="0" * 36)


def test_steps_are_told_while_they_go_and_a_cancellation_ends_them(ssm, aws, instance):
    make_document(
        aws,
        "slow",
        step("First", "true"),
        step("Second", "sleep 60"),
        step("Third", "true", finallyStep=True),
    )
    command = ssm.send_command(DocumentName="slow", InstanceIds=[instance])["Command"]["CommandId"]

    def steps(*wanted):
        listed = ssm.list_command_invocations(CommandId=command, Details=True)["CommandInvocations"]
        return listed and [each["Status"] for each in listed[0]["CommandPlugins"]] == list(wanted)

    until(lambda: steps("Success", "InProgress", "Pending"))
    refused("InvalidInstanceId", ssm.cancel_command, CommandId=command, InstanceIds=["i-0123456789abcdef0"])
    ssm.cancel_command(CommandId=command)
    assert ssm.list_commands(CommandId=command)["Commands"][0]["Status"] in ("Cancelling", "Cancelled")
    done = ended(ssm, command)
    assert done["Status"] == "Cancelled"
    assert [each["Status"] for each in done["CommandPlugins"]] == ["Success", "Cancelled", "Cancelled"]
    # Over is over.
    ssm.cancel_command(CommandId=command)
    assert ended(ssm, command)["Status"] == "Cancelled"


def workers(command):
    """Processes that name the command as an argument."""
    named = f"--command-id={command}".encode()
    return [file.parent.name for file in Path("/proc").glob("[0-9]*/cmdline") if named in _bytes(file)]


def _bytes(file):
    try:
        return file.read_bytes().split(b"\0")
    except OSError:
        return []


def test_a_command_that_was_cancelled_has_no_process_left_though_its_agent_lives(ssm, aws, instance):
    # By which a runbook's guard sees that it has to clean up, in a step too short to be killed.
    make_document(aws, "short", *(step(f"Step{n}", "sleep 0.1") for n in range(60)))
    make_document(aws, "other", step("Only", "sleep 60"))
    other, command = (
        ssm.send_command(DocumentName=name, InstanceIds=[instance])["Command"]["CommandId"]
        for name in ("other", "short")
    )
    until(lambda: len(workers(command)) == len(workers(other)) == 1)
    ssm.cancel_command(CommandId=command)
    assert ended(ssm, command)["Status"] == "Cancelled"
    until(lambda: not workers(command), 5)
    assert workers(other)
    ssm.cancel_command(CommandId=other)
    assert ended(ssm, other)["Status"] == "Cancelled"


def test_without_its_agent_a_command_waits(ssm, offline, hello):
    [node] = ssm.describe_instance_information(Filters=[{"Key": f"tag:{TAG}", "Values": ["offline"]}])[
        "InstanceInformationList"
    ]
    assert (node["InstanceId"], node["PingStatus"]) == (offline, "ConnectionLost")
    command = ssm.send_command(DocumentName="hello", InstanceIds=[offline])["Command"]["CommandId"]
    time.sleep(1)
    [waiting] = ssm.list_command_invocations(CommandId=command, Details=True)["CommandInvocations"]
    assert (waiting["Status"], waiting["CommandPlugins"][0]["Status"]) == ("Pending", "Pending")
    ssm.cancel_command(CommandId=command)
    assert ended(ssm, command)["Status"] == "Cancelled"


def test_a_node_tells_its_agents_version(ssm, instance, offline):
    listed = ssm.describe_instance_information(
        Filters=[{"Key": "InstanceIds", "Values": [instance, offline]}]
    )
    known = {each["InstanceId"]: each for each in listed["InstanceInformationList"]}
    assert {name: each["PingStatus"] for name, each in known.items()} == {
        instance: "Online",
        offline: "ConnectionLost",
    }
    assert known[instance]["AgentVersion"] == "3.3.3572.0"
    online = ssm.describe_instance_information(Filters=[{"Key": "PingStatus", "Values": ["Online"]}])
    assert [each["InstanceId"] for each in online["InstanceInformationList"]] == [instance]
    describe = ssm.describe_instance_information
    refused("InvalidFilterKey", describe, Filters=[{"Key": "Tag", "Values": ["x"]}])
    refused(
        "InvalidInstanceInformationFilterValue", describe, Filters=[{"Key": "InstanceIds", "Values": ["x"]}]
    )


def test_invocations_come_in_pages(ssm, instance, hello):
    sent = {
        ssm.send_command(DocumentName="hello", InstanceIds=[instance])["Command"]["CommandId"]
        for _ in range(3)
    }
    for command in sent:
        ended(ssm, command)
    pages = list(
        ssm.get_paginator("list_command_invocations").paginate(
            InstanceId=instance, PaginationConfig={"PageSize": 2}
        )
    )
    assert {len(page["CommandInvocations"]) for page in pages[:-1]} == {2}
    assert sent <= {each["CommandId"] for page in pages for each in page["CommandInvocations"]}
    refused("InvalidNextToken", ssm.list_command_invocations, NextToken="x")


SENT = {
    "an unknown document": ("InvalidDocument", {"DocumentName": "nothing"}),
    "an unknown version": ("InvalidDocumentVersion", {"DocumentVersion": "9"}),
    "another hash": ("InvalidDocument", {"DocumentHash": "0" * 64, "DocumentHashType": "Sha256"}),
    "an unknown instance": ("InvalidInstanceId", {"InstanceIds": ["i-0123456789abcdef0"]}),
    "an instance twice": ("DuplicateInstanceId", {"InstanceIds": ["i-0123456789abcdef0"] * 2}),
    "an undeclared parameter": ("InvalidParameters", {"Parameters": {"Other": ["x"]}}),
    "a parameter too long": ("InvalidParameters", {"Parameters": {"Word": ["0123456789"]}}),
    "instances and targets": ("ValidationException", {"Targets": [{"Key": "tag:x", "Values": ["y"]}]}),
    "no instance": ("ValidationException", {"InstanceIds": []}),
}


@pytest.mark.parametrize("case", SENT)
def test_send_command_refuses(ssm, instance, hello, case):
    code, arguments = SENT[case]
    refused(code, ssm.send_command, **{"DocumentName": "hello", "InstanceIds": [instance], **arguments})


def test_a_tag_without_instances_is_a_command_for_none(ssm, instance, hello):
    targets = [{"Key": f"tag:{TAG}", "Values": ["nobody"]}]
    sent = ssm.send_command(DocumentName="hello", Targets=targets)["Command"]["CommandId"]
    command = ssm.list_commands(CommandId=sent)["Commands"][0]
    assert (command["StatusDetails"], command["TargetCount"]) == ("NoInstancesInTag", 0)
