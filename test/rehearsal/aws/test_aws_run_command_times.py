"""What time does to a command; without a server, which would have to be waited for."""

from datetime import timedelta

import pytest

from rehearsal.aws.run_command.invocation import Command


@pytest.fixture
def command():
    return Command("d", "1", "{}", ["A", "B"], {}, ["i-1", "i-2"], [], timeout_seconds=30)


def after(command, seconds):
    return command.requested + timedelta(seconds=seconds)


def test_what_no_agent_fetches_in_time_is_not_delivered(command):
    one, two = command.invocations(after(command, 29))
    assert command.status(after(command, 29)) == ("Pending", "Pending")
    one.deliver()
    assert command.status(after(command, 29)) == ("InProgress", "InProgress")
    one.report({"status": "Success", "steps": [{"name": "A", "status": "Success"}]})
    command.invocations(after(command, 31))
    assert (two.status, two.details, two.steps[0].details) == (
        "TimedOut",
        "DeliveryTimedOut",
        "DeliveryTimedOut",
    )
    assert (one.status, one.steps[0].status) == ("Success", "Success")
    assert command.status(after(command, 31)) == ("TimedOut", "DeliveryTimedOut")


def test_a_step_that_took_too_long_is_told_apart_from_that(command):
    one, two = command.invocations(after(command, 1))
    for invocation in (one, two):
        invocation.deliver()
        invocation.report(
            {"steps": [{"name": "A", "status": "TimedOut", "exitCode": 137}], "status": "TimedOut"}
        )
    assert (one.steps[0].details, one.details) == ("ExecutionTimedOut", "ExecutionTimedOut")
    assert command.status(after(command, 1)) == ("TimedOut", "ExecutionTimedOut")


def test_failed_is_the_worst(command):
    one, two = command.invocations(after(command, 1))
    for invocation, status in ((one, "Failed"), (two, "Cancelled")):
        invocation.deliver()
        invocation.report({"status": status})
    assert command.status(after(command, 1)) == ("Failed", "Failed")


def test_what_comes_after_the_end_changes_nothing(command):
    one, _ = command.invocations(after(command, 1))
    one.cancel()
    one.report({"status": "Success", "steps": [{"name": "A", "status": "Success"}]})
    assert (one.status, one.steps[0].status) == ("Cancelled", "Cancelled")
