"""A Command document, read as strictly as the service and this project read it.

Stricter than AWS where AWS takes what the agent then passes over or makes dangerous: modifiers beside
`inputs` instead of in it, a `finallyStep` that is not the last, a timeout under 5 s (made 3,600),
double braces (raw text replacement), an `allowedPattern` without anchors (the agent searches, it does not
match).

https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-syntax-data-elements-parameters.html
https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-command-ssm-plugin-reference.html
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from .parameters import Parameter
from .refusal import Refused, choices

SCHEMA_VERSION = "2.2"
LARGEST_BYTES = 65_536
ACTION = "aws:runShellScript"
SHORTEST_SECONDS, LONGEST_SECONDS, DEFAULT_SECONDS = 5, 172_800, 3_600
PLATFORMS = ("Linux", "Windows", "MacOS")

_KEYS = ("schemaVersion", "description", "parameters", "mainSteps")
_STEP_KEYS = ("action", "name", "precondition", "inputs")
_MODIFIERS = {
    "onFailure": ("exit", "successAndExit"),
    "onSuccess": ("exit",),
    "finallyStep": ("true", "false"),
}
_INPUTS = ("runCommand", "timeoutSeconds", "workingDirectory", *_MODIFIERS)


@dataclass(frozen=True)
class Step:
    """One run of a script."""

    name: str
    script: str
    timeout_seconds: int
    working_directory: str
    on_failure: str
    on_success: str
    is_finally: bool
    # What `platformType` must be; empty without a precondition.
    platform: str


@dataclass(frozen=True)
class Document:
    """What a document says, checked."""

    steps: tuple[Step, ...]
    parameters: dict[str, Parameter] = field(default_factory=dict)


def read_document(text: str | bytes) -> Document:
    """The document of this JSON text."""
    raw = text.encode() if isinstance(text, str) else text
    if len(raw) > LARGEST_BYTES:
        raise Refused(
            "MaxDocumentSizeExceeded",
            f"the document has {len(raw)} bytes, at most {LARGEST_BYTES} are allowed",
        )
    try:
        content = json.loads(raw, object_pairs_hook=_without_duplicates)
    except ValueError as error:
        raise _invalid(f"the document is not JSON: {error}") from None
    return check_document(content)


def check_document(content: Any) -> Document:
    """The document of what was read from JSON or YAML."""
    if not isinstance(content, dict):
        raise _invalid(f"the document must be an object, got {_shown(content)}")
    version = content.get("schemaVersion")
    if version != SCHEMA_VERSION:
        raise Refused(
            "InvalidDocumentSchemaVersion",
            f'schemaVersion must be "{SCHEMA_VERSION}" as text, got {_shown(version)}',
        )
    _only(content, _KEYS, "the document")
    if not isinstance(content.get("description", ""), str):
        raise _invalid(f"description must be text, got {_shown(content['description'])}")
    parameters = content.get("parameters", {})
    if not isinstance(parameters, dict):
        raise _invalid(f"parameters must be an object, got {_shown(parameters)}")
    steps = content.get("mainSteps")
    if not isinstance(steps, list) or not steps:
        raise _invalid(f"mainSteps must be a list of at least one step, got {_shown(steps)}")
    _no_double_braces(content, "the document")
    declared = {name: Parameter.read(name, given) for name, given in parameters.items()}
    return Document(_steps(steps), declared)


def _steps(given: list[Any]) -> tuple[Step, ...]:
    steps: list[Step] = []
    for number, step in enumerate(given, 1):
        read = _step(step, number)
        if any(known.name == read.name for known in steps):
            raise _invalid(f"mainSteps has two steps of the name {read.name}, names must differ")
        if read.is_finally and number < len(given):
            raise _invalid(
                f"finallyStep of step {read.name} is for the last step, the agent passes over it here"
            )
        steps.append(read)
    return tuple(steps)


def _step(given: Any, number: int) -> Step:
    if not isinstance(given, dict):
        raise _invalid(f"step {number} must be an object, got {_shown(given)}")
    name = given.get("name")
    # A folder and part of an S3 key are named after it.
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}", name):
        raise _invalid(f"name of step {number} must be letters, digits, - and _, got {_shown(name)}")
    for modifier in _MODIFIERS:
        if modifier in given:
            raise _invalid(
                f"{modifier} of step {name} belongs into its inputs: the agent passes over it here"
            )
    _only(given, _STEP_KEYS, f"step {name}")
    if given.get("action") != ACTION:
        raise _invalid(f"action of step {name} must be {ACTION}, got {_shown(given.get('action'))}")
    inputs = given.get("inputs")
    if not isinstance(inputs, dict):
        raise _invalid(f"inputs of step {name} must be an object, got {_shown(inputs)}")
    _only(inputs, _INPUTS, f"inputs of step {name}")
    modifiers = {key: _modifier(inputs.get(key), key, name) for key in _MODIFIERS}
    return Step(
        name=name,
        script=_script(inputs.get("runCommand"), name),
        timeout_seconds=_timeout(inputs.get("timeoutSeconds", DEFAULT_SECONDS), name),
        working_directory=_directory(inputs.get("workingDirectory", ""), name),
        on_failure=modifiers["onFailure"],
        on_success=modifiers["onSuccess"],
        is_finally=modifiers["finallyStep"] == "true",
        platform=_platform(given["precondition"], name) if "precondition" in given else "",
    )


def _script(lines: Any, step: str) -> str:
    if not isinstance(lines, list) or not lines or not all(isinstance(line, str) for line in lines):
        raise _invalid(f"runCommand of step {step} must be a list of at least one line, got {_shown(lines)}")
    return "\n".join(lines) + "\n"


def _timeout(given: Any, step: str) -> int:
    text = str(given) if isinstance(given, (int, str)) and not isinstance(given, bool) else ""
    seconds = int(text) if re.fullmatch(r"[0-9]{1,6}", text) else 0
    if not SHORTEST_SECONDS <= seconds <= LONGEST_SECONDS:
        raise _invalid(
            f"timeoutSeconds of step {step} must be a whole number from {SHORTEST_SECONDS} to "
            f"{LONGEST_SECONDS}, got {_shown(given)}: the agent would make it {DEFAULT_SECONDS}"
        )
    return seconds


def _directory(given: Any, step: str) -> str:
    if not isinstance(given, str) or (given and not given.startswith("/")):
        raise _invalid(f"workingDirectory of step {step} must be an absolute path, got {_shown(given)}")
    return given


def _modifier(given: Any, key: str, step: str) -> str:
    text = str(given).lower() if isinstance(given, bool) else given
    if given is not None and text not in _MODIFIERS[key]:
        raise _invalid(f"{key} of step {step} must be {choices(_MODIFIERS[key])}, got {_shown(given)}")
    return text or ""


def _platform(given: Any, step: str) -> str:
    operands = given.get("StringEquals") if isinstance(given, dict) and len(given) == 1 else None
    if isinstance(operands, list) and len(operands) == 2 and "platformType" in operands:
        [other] = [operand for operand in operands if operand != "platformType"] or [None]
        if other in PLATFORMS:
            return other
    raise _invalid(
        f'precondition of step {step} must be {{"StringEquals": ["platformType", "{choices(PLATFORMS)}"]}}, '
        f"got {_shown(given)}"
    )


def _no_double_braces(value: Any, where: str, owner: str = "") -> None:
    """`where` is the key that holds the value, `owner` the step around it."""
    if isinstance(value, dict):
        owner = f" of step {value['name']}" if "name" in value else owner
        for key, item in value.items():
            _no_double_braces(item, key, owner)
    elif isinstance(value, list):
        for item in value:
            _no_double_braces(item, where, owner)
    elif isinstance(value, str) and "{{" in value:
        line = next(line for line in value.split("\n") if "{{" in line)
        raise _invalid(
            f"{where}{owner} holds double braces, which the agent replaces as raw text: {_shown(line)}; a "
            "parameter with interpolationType ENV_VAR is read as $SSM_<name>"
        )


def _only(given: dict[str, Any], allowed: tuple[str, ...], where: str) -> None:
    for key in given:
        if key not in allowed:
            raise _invalid(f"{where} has the unknown key {key}, allowed are {choices(allowed)}")


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"the key {name} stands twice in one object")
    return dict(pairs)


def _invalid(sentence: str) -> Refused:
    return Refused("InvalidDocumentContent", sentence)


def _shown(value: Any) -> str:
    text = "nothing" if value is None else json.dumps(value, default=str)
    return text if len(text) <= 120 else f"{text[:117]}..."
