"""Documents and parameters: types that moto lacks or makes in part, seen through their APIs."""

import pytest
from botocore.exceptions import ClientError
from stack_checks import deleted, made, resource, updated


def runbook(command, **properties):
    step = {"action": "aws:runShellScript", "name": "run", "inputs": {"runCommand": [command]}}
    content = {"schemaVersion": "2.2", "description": "x", "parameters": {}, "mainSteps": [step]}
    return resource("SSM::Document", Content=content, DocumentType="Command", **properties)


def test_a_document_gets_new_versions_under_its_name(aws):
    ssm = aws.client("ssm")
    stack = made(aws, {"Runbook": runbook("one", UpdateMethod="NewVersion")})
    name = stack.physical_id("Runbook")
    updated(stack, {"Runbook": runbook("two", UpdateMethod="NewVersion")})
    assert stack.physical_id("Runbook") == name
    found = ssm.get_document(Name=name)
    assert (found["DocumentVersion"], "two" in found["Content"]) == ("2", True)
    deleted(stack)
    with pytest.raises(ClientError, match="InvalidDocument"):
        ssm.get_document(Name=name)


def test_a_document_is_replaced_by_default_unless_it_has_a_name_of_its_own(aws):
    stack = made(aws, {"Runbook": runbook("one")})
    name = stack.physical_id("Runbook")
    updated(stack, {"Runbook": runbook("two")})
    assert stack.physical_id("Runbook") != name
    named = made(aws, {"Runbook": runbook("one", Name="named")})
    named.update({"Runbook": runbook("two", Name="named")})
    assert named.status == "UPDATE_ROLLBACK_COMPLETE"
    assert "custom-named resource requires replacing" in named.reason("Runbook", "UPDATE_FAILED")


def test_a_parameter_changes_in_place(aws):
    stack = made(aws, {"Value": resource("SSM::Parameter", Type="String", Value="one", Tags={"a": "b"})})
    name = stack.physical_id("Value")
    updated(stack, {"Value": resource("SSM::Parameter", Type="String", Value="two", Tags={"a": "b"})})
    found = aws.client("ssm").get_parameter(Name=name)["Parameter"]
    assert (found["Value"], found["Version"]) == ("two", 2)
