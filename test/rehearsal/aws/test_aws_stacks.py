"""A stack's life."""

import pytest
from aws_templates import attribute, log_group, role, sub
from botocore.exceptions import ClientError

MISSING = "arn:aws:iam::aws:policy/NoSuchPolicy"


def log_groups(aws, prefix):
    return [
        group["logGroupName"]
        for group in aws.client("logs").describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]
    ]


def test_rolls_back_a_creation_that_fails(aws):
    stack = aws.create(
        {
            "Log": log_group(LogGroupName="gone"),
            "Role": {**role(ManagedPolicyArns=[MISSING]), "DependsOn": "Log"},
        }
    )
    assert stack.status == "ROLLBACK_COMPLETE"
    assert MISSING in stack.reason("Role", "CREATE_FAILED")
    assert [status for name, status, _ in stack.events if name == "Log"] == [
        "CREATE_IN_PROGRESS",
        "CREATE_COMPLETE",
        "DELETE_IN_PROGRESS",
        "DELETE_COMPLETE",
    ]
    assert "failed to create: [Role]" in stack.reason(stack.name, "ROLLBACK_IN_PROGRESS")
    assert log_groups(aws, "gone") == []
    with pytest.raises(ClientError, match="ROLLBACK_COMPLETE state and can not be updated"):
        stack.update({"Log": log_group()})
    stack.delete()
    assert stack.status == "DELETE_COMPLETE"


def test_rolls_back_an_update_that_fails(aws):
    before = {"Log": log_group(RetentionInDays=7), "Role": role()}
    stack = aws.create(before, Outputs={"Days": {"Value": "7"}})
    name, role_name = stack.physical_id("Log"), stack.physical_id("Role")
    after = {
        "Log": log_group(RetentionInDays=30),
        "More": {**log_group(LogGroupName="more"), "DependsOn": "Log"},
        "Role": {**role(ManagedPolicyArns=[MISSING]), "DependsOn": "More"},
    }
    stack.update(after, Outputs={"Days": {"Value": "30"}})
    assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
    assert MISSING in stack.reason("Role", "UPDATE_FAILED")
    assert (stack.outputs, stack.logical_ids) == ({"Days": "7"}, {"Log", "Role"})
    assert stack.cloudformation.get_template(StackName=stack.name)["TemplateBody"]["Resources"] == before
    assert (stack.physical_id("Log"), stack.physical_id("Role")) == (name, role_name)
    found = aws.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    assert found[0]["retentionInDays"] == 7
    assert log_groups(aws, "more") == []
    # And the stack can go on from there.
    stack.update({"Log": log_group(RetentionInDays=30), "Role": role()})
    assert stack.status == "UPDATE_COMPLETE"


def test_refuses_an_update_without_changes(aws):
    stack = aws.create({"Log": log_group()})
    with pytest.raises(ClientError, match="No updates are to be performed"):
        stack.update({"Log": log_group()})
    assert stack.status == "CREATE_COMPLETE"


def test_changes_what_depends_on_a_changed_resource(aws):
    def resources(name):
        value = {"Type": "String", "Name": "/depends", "Value": {"Ref": "Log"}}
        return {
            "Log": log_group(LogGroupName=name),
            "Value": {"Type": "AWS::SSM::Parameter", "Properties": value},
        }

    stack = aws.create(resources("first"))
    stack.update(resources("second"))
    assert stack.status == "UPDATE_COMPLETE"
    assert aws.client("ssm").get_parameter(Name="/depends")["Parameter"]["Value"] == "second"
    # Replaced: the new one first, the old one only when all the rest was done.
    steps = [(name, status) for name, status, _ in stack.events]
    assert steps.index(("Value", "UPDATE_COMPLETE")) < steps.index(("Log", "DELETE_COMPLETE"))
    assert log_groups(aws, "first") == []


def test_removes_what_the_template_no_longer_has(aws):
    stack = aws.create({"Keep": log_group(), "Drop": log_group(LogGroupName="dropped")})
    stack.update({"Keep": log_group()})
    assert stack.logical_ids == {"Keep"}
    assert log_groups(aws, "dropped") == []


@pytest.mark.parametrize(
    "needs",
    [
        {"DependsOn": "A"},
        {"Properties": {"LogGroupName": {"Fn::Join": ["-", [{"Ref": "A"}, "b"]]}}},
        {
            "Properties": {
                "LogGroupName": {
                    "Fn::Join": ["-", ["b", {"Fn::Select": [6, {"Fn::Split": [":", attribute("A", "Arn")]}]}]]
                }
            }
        },
        {"Properties": {"LogGroupName": sub("${A}-b")}},
        {"Properties": {"Tags": [{"Key": "a", "Value": sub("${A.Arn}")}]}},
    ],
)
def test_makes_what_a_resource_needs_first_and_deletes_it_last(aws, needs):
    stack = aws.create({"B": {**log_group(), **needs}, "A": log_group(LogGroupName=next(aws.names))})
    assert stack.status == "CREATE_COMPLETE", stack.events
    stack.delete()
    assert stack.status == "DELETE_COMPLETE"
    done = [
        (name, status) for name, status, _ in stack.events if name in "AB" and status.endswith("COMPLETE")
    ]
    assert done == [
        ("A", "CREATE_COMPLETE"),
        ("B", "CREATE_COMPLETE"),
        ("B", "DELETE_COMPLETE"),
        ("A", "DELETE_COMPLETE"),
    ]


def test_keeps_what_is_to_be_retained(aws):
    stack = aws.create({"Log": {**log_group(LogGroupName="kept"), "DeletionPolicy": "Retain"}})
    stack.delete()
    assert stack.status == "DELETE_COMPLETE"
    assert ("Log", "DELETE_SKIPPED", "") in stack.events
    assert log_groups(aws, "kept") == ["kept"]


def test_fails_to_delete_a_bucket_with_something_in_it(aws):
    stack = aws.create({"Bucket": {"Type": "AWS::S3::Bucket"}})
    s3, bucket = aws.client("s3"), stack.physical_id("Bucket")
    s3.put_object(Bucket=bucket, Key="key", Body=b"x")
    stack.delete()
    assert stack.status == "DELETE_FAILED"
    assert "not empty" in stack.reason("Bucket", "DELETE_FAILED")
    s3.delete_object(Bucket=bucket, Key="key")
    stack.delete()
    assert stack.status == "DELETE_COMPLETE"


def test_refuses_a_circle_before_there_is_a_stack(aws):
    circle = {"A": {**log_group(), "DependsOn": "B"}, "B": {**log_group(), "DependsOn": "A"}}
    with pytest.raises(ClientError, match=r"Circular dependency between resources: \[A, B\]"):
        aws.create(circle, name="circle")
    with pytest.raises(ClientError, match="does not exist"):
        aws.client("cloudformation").describe_stacks(StackName="circle")


def test_exports_are_unique_and_importable(aws):
    exported = {"Name": {"Value": {"Ref": "Log"}, "Export": {"Name": "the-log"}}}
    first = aws.create({"Log": log_group()}, Outputs=exported)
    second = aws.create({"Log": log_group()}, Outputs=exported)
    assert second.status == "ROLLBACK_COMPLETE"
    imported = {"Copy": {"Value": {"Fn::ImportValue": "the-log"}}}
    assert aws.create({"Log": log_group()}, Outputs=imported).outputs == {"Copy": first.physical_id("Log")}


def test_event_times_increase_so_that_readers_can_sort(aws):
    stack = aws.create({f"Log{number}": log_group() for number in range(10)})
    found = stack.cloudformation.describe_stack_events(StackName=stack.name)["StackEvents"]
    # In milliseconds, which is what the CDK CLI keeps.
    times = [int(event["Timestamp"].timestamp() * 1000) for event in reversed(found)]
    assert times == sorted(set(times))
