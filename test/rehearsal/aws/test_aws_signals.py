"""SignalResource."""

import pytest
from aws_templates import log_group, server
from botocore.exceptions import ClientError


@pytest.fixture
def stack(aws):
    return aws.create({**server(), "Log": log_group()})


def signal(stack, unique_id="i-1", status="SUCCESS", resource="Group", name=None):
    stack.cloudformation.signal_resource(
        StackName=name or stack.name, LogicalResourceId=resource, UniqueId=unique_id, Status=status
    )


def received(stack):
    return [reason for name, _, reason in stack.events if name == "Group" and reason.startswith("Received")]


def test_is_recorded_as_an_event_after_the_deployment(stack):
    signal(stack, "i-1")
    signal(stack, "i-2:service", "FAILURE")
    assert received(stack) == [
        "Received SUCCESS signal with UniqueId i-1",
        "Received FAILURE signal with UniqueId i-2:service",
    ]
    assert stack.status == "CREATE_COMPLETE"


def test_a_second_one_with_the_same_id_may_only_fail(stack):
    signal(stack)
    with pytest.raises(ClientError, match="Signal with ID i-1 for resource Group already exists.*FAILURE"):
        signal(stack)
    signal(stack, status="FAILURE")
    assert len(received(stack)) == 2


def test_an_update_starts_counting_afresh(stack):
    signal(stack)
    stack.update({**server("#!/bin/bash\necho two\n"), "Log": log_group()})
    signal(stack)
    assert received(stack) == ["Received SUCCESS signal with UniqueId i-1"] * 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"unique_id": "x" * 65}, "at 'uniqueId' failed to satisfy constraint.*between 1 and 64, got 65"),
        ({"resource": "Nothing"}, "Resource Nothing does not exist for stack"),
        ({"resource": "Log"}, "Log of type AWS::Logs::LogGroup cannot be signaled"),
        ({"name": "no-such-stack"}, "no-such-stack does not exist"),
        ({"status": "MAYBE"}, "at 'status' failed to satisfy constraint"),
    ],
)
def test_refuses(stack, arguments, message):
    with pytest.raises(ClientError, match=message):
        signal(stack, **arguments)
    assert received(stack) == []


def test_an_id_of_64_characters_is_taken(stack):
    signal(stack, "x" * 64)
    assert len(received(stack)) == 1
