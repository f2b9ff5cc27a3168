"""Command documents: what is refused when they are made, and how they are found."""

import json

import pytest
from botocore.exceptions import ClientError
from run_command import make_document, step


@pytest.fixture
def ssm(aws):
    return aws.client("ssm")


def test_documents_are_found_by_their_tags_page_by_page(aws, ssm):
    for number in range(25):
        tags = {"graviton-tensorflow:runbook": "troubleshoot"} if number % 2 else {"other": "x"}
        make_document(aws, f"document-{number:02}", step("One", "true"), tags={**tags, "number": str(number)})
    filters = [
        {"Key": "Owner", "Values": ["Self"]},
        {"Key": "tag:graviton-tensorflow:runbook", "Values": ["troubleshoot"]},
    ]
    pages = list(
        ssm.get_paginator("list_documents").paginate(Filters=filters, PaginationConfig={"PageSize": 5})
    )
    assert [len(page["DocumentIdentifiers"]) for page in pages] == [5, 5, 2]
    first = pages[0]["DocumentIdentifiers"][0]
    assert {tag["Key"]: tag["Value"] for tag in first["Tags"]} == {
        "graviton-tensorflow:runbook": "troubleshoot",
        "number": "1",
    }
    both = [*filters, {"Key": "tag:number", "Values": ["3"]}]
    [only] = ssm.list_documents(Filters=both)["DocumentIdentifiers"]
    assert (only["Name"], only["PlatformTypes"]) == ("document-03", ["Linux", "MacOS"])
    nobodys = [{"Key": "Owner", "Values": ["Amazon"]}]
    assert ssm.list_documents(Filters=nobodys)["DocumentIdentifiers"] == []
    with pytest.raises(ClientError, match="InvalidFilterKey"):
        ssm.list_documents(Filters=[{"Key": "Tag", "Values": ["x"]}])


def test_a_document_is_described_with_the_hash_of_each_version(aws, ssm):
    one = make_document(aws, "hashed", step("One", "true"))
    content = json.dumps({"schemaVersion": "2.2", "mainSteps": [step("One", "false")]})
    ssm.update_document(Name="hashed", Content=content, DocumentVersion="$LATEST")
    two = ssm.describe_document(Name="hashed", DocumentVersion="2")["Document"]
    assert one["HashType"] == "Sha256" and one["Hash"] != two["Hash"]
    assert ssm.describe_document(Name="hashed")["Document"]["Hash"] == one["Hash"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ({"schemaVersion": "9.9", "mainSteps": [step("One", "true")]}, "InvalidDocumentSchemaVersion"),
        ({"schemaVersion": "2.2", "mainSteps": [step("One", "echo {{ A }}")]}, "InvalidDocumentContent"),
        ({"schemaVersion": "2.2", "mainSteps": [step("One", "x" * 66_000)]}, "MaxDocumentSizeExceeded"),
    ],
)
def test_nonsense_is_refused_when_made_and_when_updated(aws, ssm, content, code):
    name = f"unchanged-{code}"
    make_document(aws, name, step("One", "true"))
    text = json.dumps(content)
    with pytest.raises(ClientError, match=code):
        ssm.create_document(Name="bad", Content=text, DocumentType="Command")
    with pytest.raises(ClientError, match=code):
        ssm.update_document(Name=name, Content=text, DocumentVersion="$LATEST")
    assert ssm.describe_document(Name=name)["Document"]["LatestVersion"] == "1"


def test_yaml_is_read_too_and_other_types_are_not_judged(ssm):
    steps = "[{name: One, action: 'aws:runShellScript', inputs: {runCommand: ['true']}}]"
    good = f"schemaVersion: '2.2'\nmainSteps: {steps}\n"
    ssm.create_document(Name="unchanged", Content=good, DocumentType="Command", DocumentFormat="YAML")
    with pytest.raises(ClientError, match="InvalidDocumentContent"):
        ssm.create_document(
            Name="bad",
            Content=good.replace("runCommand", "runcommand"),
            DocumentType="Command",
            DocumentFormat="YAML",
        )
    automation = json.dumps({"schemaVersion": "0.3", "mainSteps": []})
    ssm.create_document(Name="automation", Content=automation, DocumentType="Automation")
