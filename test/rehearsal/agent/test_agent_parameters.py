"""Which values fit a document's parameters."""

import pytest
from command_documents import document, step, text

from rehearsal.agent.document import check_document
from rehearsal.agent.parameters import values_of
from rehearsal.agent.refusal import Refused

DECLARED = check_document(
    document(
        step("One", "true"),
        Free=text(""),
        Needed=text(),
        Word=text("a", allowedPattern="^[a-z]+$", maxChars=3),
        Choice=text("yes", allowedValues=["yes", "no"]),
        Count={"type": "Integer", "default": 1},
        Flag={"type": "Boolean", "default": True},
        List={
            "type": "StringList",
            "default": ["x"],
            "minItems": 1,
            "maxItems": 2,
            "allowedPattern": "^[a-z]$",
        },
    )
).parameters


def test_values_come_as_the_api_has_them_or_bare_or_by_default():
    given = {"Needed": ["n"], "Word": "bcd", "List": ["y", "z"], "Count": ["7"]}
    assert values_of(DECLARED, given) == {
        "Free": "", "Needed": "n", "Word": "bcd", "Choice": "yes", "Count": "7", "Flag": True,
        "List": ["y", "z"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "Needed has no default and must be given"),
        ({"Needed": "x", "Other": "x"}, "declares no parameter Other, but Free, .* or List"),
        ({"Needed": ["x", "y"]}, "takes one value, got 2"),
        ({"Needed": []}, "takes one value, got 0"),
        ({"Needed": 1}, "must be a String"),
        ({"Needed": "x", "Word": "abcd"}, "at most 3"),
        ({"Needed": "x", "Word": "A"}, "must match"),
        ({"Needed": "x", "Word": ""}, "must match"),
        # `$` of other languages would let the line feed through.
        ({"Needed": "x", "Word": "ab\n"}, "must match"),
        ({"Needed": "x", "Choice": "maybe"}, "must be yes or no, got 'maybe'"),
        ({"Needed": "x", "Count": "1.5"}, "must be a Integer"),
        ({"Needed": "x", "Flag": "on"}, "must be a Boolean"),
        ({"Needed": "x", "List": []}, "at least 1"),
        ({"Needed": "x", "List": ["a", "b", "c"]}, "at most 2"),
        ({"Needed": "x", "List": ["a", "B"]}, "must match"),
        ({"Needed": "x", "List": "a"}, "must be a StringList"),
    ],
)
def test_values_are_refused(given, sentence):
    with pytest.raises(Refused, match=sentence) as refused:
        values_of(DECLARED, given)
    assert refused.value.code == "InvalidParameters"


def test_a_document_without_parameters_takes_none():
    with pytest.raises(Refused, match="no parameter A, but none"):
        values_of({}, {"A": "x"})
