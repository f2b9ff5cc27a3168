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


def test_a_document_holds_the_bytes_that_its_template_has(aws):
    stack = made(aws, {"Runbook": runbook("é")})
    content = aws.client("ssm").get_document(Name=stack.physical_id("Runbook"))["Content"]
    assert content.startswith('{"schemaVersion":"2.2","description":"x","parameters":{},"mainSteps":[{')
    assert '"runCommand":["é"]' in content


def test_a_document_is_tagged_and_its_tags_change_in_place(aws):
    ssm = aws.client("ssm")

    def tagged(**tags):
        pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
        return {"Runbook": runbook("one", UpdateMethod="NewVersion", Tags=pairs)}

    def tags_of(name):
        found = ssm.list_tags_for_resource(ResourceType="Document", ResourceId=name)["TagList"]
        return {tag["Key"]: tag["Value"] for tag in found}

    stack = made(aws, tagged(stack="S", results="first", old="x"))
    name = stack.physical_id("Runbook")
    assert tags_of(name) == {"stack": "S", "results": "first", "old": "x"}
    updated(stack, tagged(stack="S", results="second"))
    assert stack.physical_id("Runbook") == name
    assert tags_of(name) == {"stack": "S", "results": "second"}
    assert ssm.describe_document(Name=name)["Document"]["DocumentVersion"] == "1"


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
