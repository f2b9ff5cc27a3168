"""What a document may not say, one row each."""

import json

import pytest
from command_documents import document, step, text

from rehearsal.agent.document import check_document, read_document
from rehearsal.agent.refusal import Refused

GOOD = document(step("One", "true"))


def without(key):
    return {name: value for name, value in GOOD.items() if name != key}


def one(**changes):
    return document({**step("One", "true"), **changes})


def with_inputs(**inputs):
    return document(step("One", "true", **inputs))


def with_parameter(**declared):
    return document(step("One", "true"), A={"type": "String", **declared})


CONTENT = "InvalidDocumentContent"
REFUSED = {
    "no object": ([], CONTENT, "must be an object"),
    "another schema": ({**GOOD, "schemaVersion": "0.3"}, "InvalidDocumentSchemaVersion", 'must be "2.2"'),
    "a schema as a number": ({**GOOD, "schemaVersion": 2.2}, "InvalidDocumentSchemaVersion", "got 2.2"),
    "an unknown key": ({**GOOD, "runtimeConfig": {}}, CONTENT, "unknown key runtimeConfig"),
    "no steps": (without("mainSteps"), CONTENT, "mainSteps must be a list of at least one step, got nothing"),
    "an empty list of steps": ({**GOOD, "mainSteps": []}, CONTENT, "at least one step"),
    "two steps of a name": (document(step("A", "x"), step("A", "y")), CONTENT, "two steps of the name A"),
    "a step's unknown key": (one(timeout=3), CONTENT, "step One has the unknown key timeout"),
    "a modifier beside the inputs": (one(onFailure="exit"), CONTENT, "onFailure of step One belongs into"),
    "a finallyStep beside them": (one(finallyStep=True), CONTENT, "finallyStep of step One belongs into"),
    "another action": (one(action="aws:runDocument"), CONTENT, "must be aws:runShellScript"),
    "a name that leaves its folder": (one(name="../x"), CONTENT, "name of step 1"),
    "no inputs": (one(inputs=None), CONTENT, "inputs of step One must be an object"),
    "an unknown input": (with_inputs(runcommand=[]), CONTENT, "unknown key runcommand"),
    "a script as text": (with_inputs(runCommand="true"), CONTENT, "runCommand of step One must be a list"),
    "a script without a line": (with_inputs(runCommand=[]), CONTENT, "at least one line"),
    "a timeout under 5 s": (with_inputs(timeoutSeconds="4"), CONTENT, "the agent would make it 3600"),
    "a timeout over two days": (with_inputs(timeoutSeconds=172_801), CONTENT, "from 5 to 172800"),
    "a timeout that is no number": (with_inputs(timeoutSeconds="60s"), CONTENT, 'got "60s"'),
    "an unknown onFailure": (with_inputs(onFailure="Abort"), CONTENT, "exit or successAndExit"),
    "an unknown onSuccess": (with_inputs(onSuccess="successAndExit"), CONTENT, "must be exit"),
    "a finallyStep before the last": (
        document(step("A", "x", finallyStep=True), step("B", "y")), CONTENT, "is for the last step",
    ),
    "a relative directory": (with_inputs(workingDirectory="tmp"), CONTENT, "must be an absolute path"),
    "a precondition of another kind": (
        one(precondition={"StringEquals": ["platformType", "Debian"]}), CONTENT, "precondition of step One",
    ),
    "a precondition with another operator": (
        one(precondition={"StringNotEquals": ["platformType", "Linux"]}), CONTENT, "precondition of step One",
    ),
    "double braces in a script": (
        document(step("One", "true", "docker ps --format '{{.ID}}'")), CONTENT, "runCommand of step One",
    ),
    "a parameter's text in a script": (
        document(step("One", "echo {{ A }}"), A=text("x")), CONTENT, "double braces",
    ),
    "double braces in a default": (with_parameter(default="{{ssm:secret}}"), CONTENT, "double braces"),
    "a parameter of no type": (with_parameter(type=None), CONTENT, "type of parameter A"),
    "a parameter's unknown key": (with_parameter(pattern="x"), CONTENT, "unknown key pattern"),
    "a parameter's name": (document(step("One", "true"), A_B=text("x")), CONTENT, "letters and digits"),
    "another interpolation": (with_parameter(interpolationType="env"), CONTENT, "must be ENV_VAR"),
    "a pattern without its end": (with_parameter(allowedPattern="^a"), CONTENT, "must begin with"),
    "a pattern that is none": (with_parameter(allowedPattern="^($"), CONTENT, "no regular expression"),
    "a pattern that looks ahead": (with_parameter(allowedPattern="^(?!a).*$"), CONTENT, "looks around"),
    "a default outside the values": (
        with_parameter(default="c", allowedValues=["a", "b"]), CONTENT, "the default does not fit: .* a or b",
    ),
    "a default outside the pattern": (with_parameter(default="B", allowedPattern="^a$"), CONTENT, "match"),
    "a default that is too long": (with_parameter(default="abc", maxChars=2), CONTENT, "at most 2"),
    "a limit that is no number": (with_parameter(maxChars="2"), CONTENT, "maxChars of parameter A"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_document_is_refused_for(case):
    content, code, sentence = REFUSED[case]
    with pytest.raises(Refused, match=sentence) as refused:
        check_document(content)
    assert refused.value.code == code


def test_a_document_that_says_everything_is_read():
    read = check_document(
        document(
            {
                **step("One", "#!/bin/bash", "true", timeoutSeconds="5", onFailure="exit", onSuccess="exit"),
                "precondition": {"StringEquals": ["Linux", "platformType"]},
            },
            step("Two", "x", workingDirectory="/opt", finallyStep="true", timeoutSeconds=172_800),
            A=text(
                "a",
                allowedPattern="^[a-z]*$",
                minChars=1,
                maxChars=5,
                description="d",
                displayType="textfield",
            ),
            B={"type": "StringList", "default": ["x"], "maxItems": 2},
        )
    )
    one, two = read.steps
    assert (one.script, one.timeout_seconds, one.on_failure, one.on_success) == (
        "#!/bin/bash\ntrue\n", 5, "exit", "exit",
    )  # fmt: skip
    assert (one.platform, one.is_finally, two.platform, two.is_finally) == ("Linux", False, "", True)
    assert (two.working_directory, two.timeout_seconds) == ("/opt", 172_800)
    assert read.parameters["A"].is_environment and not read.parameters["B"].is_environment


def test_a_timeout_is_an_hour_where_none_is_given():
    assert check_document(GOOD).steps[0].timeout_seconds == 3600


def test_64_kib_are_the_most():
    def sized(size):
        bare = len(json.dumps({**GOOD, "description": ""}))
        return json.dumps({**GOOD, "description": "x" * (size - bare)})

    assert read_document(sized(65_536)).steps
    with pytest.raises(Refused, match="65537 bytes") as refused:
        read_document(sized(65_537))
    assert refused.value.code == "MaxDocumentSizeExceeded"


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        ("{", "not JSON"),
        (b"\xff", "not JSON"),
        ('{"schemaVersion": "2.2", "schemaVersion": "2.2"}', "stands twice"),
    ],
)
def test_what_is_no_json_is_refused(raw, sentence):
    with pytest.raises(Refused, match=sentence):
        read_document(raw)
