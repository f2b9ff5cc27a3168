"""Intrinsic functions and parameters, seen through a stack's outputs."""

import base64
import json
import re

import boto3
import pytest
from aws_templates import log_group, sub
from botocore.exceptions import ClientError

CASES = {
    "Join": ({"Fn::Join": ["-", ["a", {"Ref": "AWS::Region"}]]}, "a-us-west-2"),
    "Split": ({"Fn::Join": ["+", {"Fn::Split": [",", "a,b"]}]}, "a+b"),
    "Select": ({"Fn::Select": ["1", ["a", "b"]]}, "b"),
    "Sub": (sub("${AWS::AccountId}:${AWS::Partition}:${AWS::URLSuffix}"), "123456789012:aws:amazonaws.com"),
    "SubKeepsShell": (
        sub("echo $$ $HOME $(id) ${!HOME} ${AWS::Region}"),
        "echo $$ $HOME $(id) ${HOME} us-west-2",
    ),
    "SubOwnNames": ({"Fn::Sub": ["${Own} ${AWS::Region}", {"Own": {"Ref": "Given"}}]}, "given us-west-2"),
    "FindInMap": ({"Fn::FindInMap": ["Accounts", {"Ref": "AWS::Region"}, "id"]}, "763104351884"),
    "FindInMapDefault": ({"Fn::FindInMap": ["Accounts", "mars-1", "id", {"DefaultValue": "none"}]}, "none"),
    "Zones": ({"Fn::Select": [0, {"Fn::GetAZs": ""}]}, "us-west-2a"),
    "If": ({"Fn::If": ["Yes", "on", "off"]}, "on"),
    "IfNested": ({"Fn::If": ["No", "on", {"Fn::If": ["Both", "both", "not both"]}]}, "not both"),
    "Either": ({"Fn::If": ["Either", "either", "neither"]}, "either"),
    "NoValue": ({"Fn::ToJsonString": {"a": 1, "b": {"Ref": "AWS::NoValue"}}}, json.dumps({"a": 1})),
    "Base64": ({"Fn::Base64": sub("in ${AWS::Region}")}, base64.b64encode(b"in us-west-2").decode()),
    "Cidr": ({"Fn::Select": [1, {"Fn::Cidr": ["10.0.0.0/16", 4, 8]}]}, "10.0.1.0/24"),
    "Number": ({"Ref": "Count"}, "3"),
    "List": ({"Fn::Join": ["|", {"Ref": "Zones"}]}, "a|b"),
}


@pytest.fixture(scope="module")
def outputs(aws):
    yes = {"Fn::Equals": [{"Ref": "AWS::Partition"}, "aws"]}
    stack = aws.create(
        {"Log": log_group()},
        Parameters={
            "Given": {"Type": "String", "Default": "given"},
            "Count": {"Type": "Number", "Default": 3},
            "Zones": {"Type": "CommaDelimitedList", "Default": "a, b"},
        },
        Mappings={"Accounts": {"us-west-2": {"id": "763104351884"}}},
        Conditions={
            "Yes": yes,
            "No": {"Fn::Not": [{"Condition": "Yes"}]},
            "Both": {"Fn::And": [{"Condition": "Yes"}, {"Condition": "No"}]},
            "Either": {"Fn::Or": [{"Condition": "No"}, yes]},
        },
        Outputs={
            **{name: {"Value": value} for name, (value, _) in CASES.items()},
            "Absent": {"Condition": "No", "Value": "x"},
        },
    )
    assert stack.status == "CREATE_COMPLETE", stack.events
    return stack.outputs


@pytest.mark.parametrize("name", CASES)
def test_evaluates(outputs, name):
    assert outputs[name] == CASES[name][1]


def test_leaves_out_an_output_whose_condition_is_false(outputs):
    assert "Absent" not in outputs


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"Fn::Transform": {"Name": "AWS::Include"}}, "does not evaluate Fn::Transform"),
        ({"Ref": "Nothing"}, r"Unresolved resource dependencies \[Nothing\]"),
        ({"Fn::FindInMap": ["Nowhere", "a", "b"]}, "Unable to get mapping for Nowhere::a::b"),
        ({"Fn::Select": [2, ["a"]]}, "nonexistent value at index 2"),
        ({"Fn::If": ["Nothing", "a", "b"]}, "unresolved condition dependency Nothing"),
        ({"Fn::ImportValue": "nothing"}, "No export named nothing found"),
        ("{{resolve:ssm:/not/there}}", r"Unable to fetch parameters \[/not/there\]"),
        ("{{resolve:secretsmanager:x}}", "does not resolve {{resolve:secretsmanager:x}}"),
    ],
)
def test_fails_on_what_it_cannot_evaluate(aws, value, message):
    stack = aws.create({"Log": log_group(LogGroupName=value)})
    assert stack.status == "ROLLBACK_COMPLETE"
    assert re.search(message, stack.reason("Log", "CREATE_FAILED"))


def test_resolves_a_dynamic_reference(aws):
    aws.client("ssm").put_parameter(Name="/name", Value="resolved", Type="String")
    stack = aws.create({"Log": log_group(LogGroupName="log-{{resolve:ssm:/name}}")})
    assert stack.physical_id("Log") == "log-resolved"


@pytest.mark.parametrize(
    ("declared", "given", "message"),
    [
        ({"A": {"Type": "String"}}, {}, r"Parameters: \[A\] must have values"),
        ({}, {"B": "1"}, r"Parameters: \[B\] do not exist in the template"),
        (
            {"A": {"Type": "String", "AllowedValues": ["x", "y"]}},
            {"A": "z"},
            "'A' must be one of.*x, y.*got 'z'",
        ),
        (
            {"A": {"Type": "String", "AllowedPattern": "[a-z]+"}},
            {"A": "1"},
            r"'A' must match pattern \[a-z\]\+",
        ),
        (
            {"A": {"Type": "AWS::SSM::Parameter::Value<String>"}},
            {"A": "/not/there"},
            r"\[/not/there\] from parameter",
        ),
    ],
)
def test_refuses_wrong_parameters_before_anything_is_made(aws, declared, given, message):
    template = json.dumps({"Parameters": declared, "Resources": {"Log": log_group()}})
    name = next(aws.names)
    cloudformation = aws.client("cloudformation")
    with pytest.raises(ClientError, match=message):
        cloudformation.create_stack(
            StackName=name,
            TemplateBody=template,
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()],
        )
    with pytest.raises(ClientError, match="does not exist"):
        cloudformation.describe_stacks(StackName=name)


def test_knows_the_partition_of_china(aws):
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    client = boto3.client("cloudformation", endpoint_url=aws.endpoint, region_name="cn-north-1", **keys)
    output = {"O": {"Value": sub("${AWS::Partition} ${AWS::URLSuffix}")}}
    client.create_stack(
        StackName="china", TemplateBody=json.dumps({"Resources": {"Log": log_group()}, "Outputs": output})
    )
    found = client.describe_stacks(StackName="china")["Stacks"][0]["Outputs"]
    assert found[0]["OutputValue"] == "aws-cn amazonaws.com.cn"
