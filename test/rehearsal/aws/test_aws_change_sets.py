"""Change sets."""

import json

import pytest
import requests
from aws_templates import log_group
from botocore.exceptions import ClientError

NAME = "cdk-deploy-change-set"


def body(days=7, **template):
    return json.dumps({"Resources": {"Log": log_group(RetentionInDays=days)}, **template})


@pytest.fixture
def cloudformation(aws):
    return aws.client("cloudformation")


def create(cloudformation, stack, template, kind="CREATE", parameters=()):
    return cloudformation.create_change_set(
        StackName=stack,
        ChangeSetName=NAME,
        ChangeSetType=kind,
        TemplateBody=template,
        Parameters=list(parameters),
    )["Id"]


def run(cloudformation, stack, *arguments, **keywords):
    create(cloudformation, stack, *arguments, **keywords)
    cloudformation.execute_change_set(StackName=stack, ChangeSetName=NAME)
    return cloudformation.describe_stacks(StackName=stack)["Stacks"][0]


def test_creates_and_updates_with_outputs(aws, cloudformation):
    stack = next(aws.names)
    outputs = {"Name": {"Value": {"Ref": "Log"}}}
    made = run(cloudformation, stack, body(Outputs=outputs))
    assert made["StackStatus"] == "CREATE_COMPLETE"
    name = made["Outputs"][0]["OutputValue"]
    changed = run(cloudformation, stack, body(30, Outputs=outputs), "UPDATE")
    assert changed["StackStatus"] == "UPDATE_COMPLETE"
    assert changed["Outputs"][0]["OutputValue"] == name
    found = aws.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    assert found[0]["retentionInDays"] == 30
    assert json.loads(json.dumps(cloudformation.get_template(StackName=stack)["TemplateBody"])) == json.loads(
        body(30, Outputs=outputs)
    )


def test_says_when_nothing_would_change(aws, cloudformation):
    stack = next(aws.names)
    run(cloudformation, stack, body())
    create(cloudformation, stack, body(), "UPDATE")
    found = cloudformation.describe_change_set(StackName=stack, ChangeSetName=NAME)
    assert (found["Status"], found["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert "didn't contain changes" in found["StatusReason"]
    with pytest.raises(ClientError, match="InvalidChangeSetStatus"):
        cloudformation.execute_change_set(StackName=stack, ChangeSetName=NAME)


def test_keeps_stacks_apart_whose_change_sets_share_a_name(aws, cloudformation):
    first, second = next(aws.names), next(aws.names)
    create(cloudformation, first, body(7))
    create(cloudformation, second, body(30))
    cloudformation.execute_change_set(StackName=first, ChangeSetName=NAME)
    assert cloudformation.describe_stacks(StackName=first)["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"
    assert (
        cloudformation.describe_stacks(StackName=second)["Stacks"][0]["StackStatus"] == "REVIEW_IN_PROGRESS"
    )
    cloudformation.delete_change_set(StackName=second, ChangeSetName=NAME)
    with pytest.raises(ClientError, match="ChangeSetNotFound"):
        cloudformation.describe_change_set(StackName=second, ChangeSetName=NAME)
    # A second attempt is the same stack, not another of its name.
    create(cloudformation, second, body(30))
    names = [stack["StackName"] for stack in cloudformation.describe_stacks()["Stacks"]]
    assert names.count(second) == 1


def test_deleting_one_that_is_not_there_is_no_error(aws, cloudformation):
    stack = aws.create({"Log": log_group()})
    cloudformation.delete_change_set(StackName=stack.name, ChangeSetName=NAME)


def test_previous_values_stay(aws, cloudformation):
    stack = next(aws.names)
    requests.post(f"{aws.endpoint}/embedded-aws/parameters", json={"name": "/p", "value": "kept"}, timeout=10)
    template = body(
        Parameters={"Plain": {"Type": "String"}, "Stored": {"Type": "AWS::SSM::Parameter::Value<String>"}},
        Outputs={"Both": {"Value": {"Fn::Sub": "${Plain} ${Stored}"}}},
    )
    given = [
        {"ParameterKey": "Plain", "ParameterValue": "given"},
        {"ParameterKey": "Stored", "ParameterValue": "/p"},
    ]
    run(cloudformation, stack, template, parameters=given)
    previous = [{"ParameterKey": name, "UsePreviousValue": True} for name in ("Plain", "Stored")]
    changed = template.replace("${Plain} ", "${Plain}, ")
    made = run(cloudformation, stack, changed, "UPDATE", previous)
    assert made["Outputs"][0]["OutputValue"] == "given, kept"
    with pytest.raises(ClientError, match="parameter key Other.*not in the previous template"):
        create(
            cloudformation, stack, changed, "UPDATE", [{"ParameterKey": "Other", "UsePreviousValue": True}]
        )


def test_a_moved_parameter_is_a_change(aws, cloudformation):
    """What makes an image looked up in the template's own parameters replace instances at a deployment."""
    stack = next(aws.names)

    def move(value):
        reply = requests.post(
            f"{aws.endpoint}/embedded-aws/parameters", json={"name": "/moving", "value": value}, timeout=10
        )
        assert reply.status_code == 204

    template = body(
        Parameters={"Stored": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/moving"}},
        Outputs={"Value": {"Value": {"Ref": "Stored"}}},
    )
    move("one")
    run(cloudformation, stack, template)
    move("two")
    made = run(cloudformation, stack, template, "UPDATE")
    assert made["Outputs"][0]["OutputValue"] == "two"


def test_a_failed_creation_rolls_back(aws, cloudformation):
    stack = next(aws.names)
    made = run(
        cloudformation, stack, json.dumps({"Resources": {"Thing": {"Type": "AWS::Quantum::Teleporter"}}})
    )
    assert made["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "Outputs" not in made
