"""Only what the emulator really makes counts as made."""

import pytest
from aws_templates import log_group


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("AWS::Quantum::Teleporter", "no model of it exists"),
        ("AWS::CloudFormation::WaitConditionHandle", "nothing waits"),
        ("AWS::CloudFormation::CustomResource", "no Lambda function runs"),
        ("Custom::AutoDelete", "no Lambda function runs"),
        ("AWS::CloudFormation::Stack", "nested stacks are not rolled back"),
    ],
)
def test_fails_the_stack_of_a_type_it_cannot_make(aws, kind, why):
    stack = aws.create({"Log": log_group(), "Thing": {"Type": kind, "DependsOn": "Log"}})
    assert stack.status == "ROLLBACK_COMPLETE"
    assert kind in stack.reason("Thing", "CREATE_FAILED")
    assert why in stack.reason("Thing", "CREATE_FAILED")
    assert ("Log", "DELETE_COMPLETE", "") in stack.events
    assert stack.logical_ids == set()


def test_looking_at_a_failed_stack_makes_nothing(aws):
    stack = aws.create(
        {"Thing": {"Type": "AWS::Quantum::Teleporter"}, "Log": log_group(LogGroupName="never")}
    )
    assert stack.status == "ROLLBACK_COMPLETE"
    assert stack.logical_ids == set()
    assert aws.client("logs").describe_log_groups(logGroupNamePrefix="never")["logGroups"] == []


def test_leaves_out_a_resource_whose_condition_is_false(aws):
    stack = aws.create(
        {"Log": log_group(), "Thing": {"Type": "AWS::Quantum::Teleporter", "Condition": "Never"}},
        Conditions={"Never": {"Fn::Equals": ["a", "b"]}},
    )
    assert stack.status == "CREATE_COMPLETE"
    assert stack.logical_ids == {"Log"}


def test_refuses_an_attribute_it_does_not_know(aws):
    stack = aws.create({"Log": log_group()}, Outputs={"X": {"Value": {"Fn::GetAtt": ["Log", "Colour"]}}})
    assert stack.status == "ROLLBACK_COMPLETE"
    assert "Log (AWS::Logs::LogGroup) has no attribute Colour" in stack.reason(
        stack.name, "ROLLBACK_IN_PROGRESS"
    )
