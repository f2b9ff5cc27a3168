"""SendCommand: everything is checked before an agent hears of it.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendCommand.html
"""

from __future__ import annotations

import json
from typing import Any

import yaml
from moto.core.responses import ActionResult
from moto.ssm.exceptions import SSMException
from moto.ssm.models import Document, SimpleSystemManagerBackend
from moto.ssm.responses import SimpleSystemManagerResponse

from ...agent.document import check_document
from ...agent.parameters import values_of
from ...agent.refusal import Refused
from ..bridge import replaces
from .invocation import Command
from .nodes import RunCommand, run_command
from .shapes import command_shape

_TIMEOUT_SECONDS = (30, 2_592_000)


@replaces(SimpleSystemManagerResponse, "send_command")
def send_command(self: SimpleSystemManagerResponse) -> ActionResult:
    given = {name: self._get_param(name) for name in _PARAMETERS}
    document = _document(self.ssm_backend, given)
    content = _content(document)
    parameters = given["Parameters"] or {}
    try:
        checked = check_document(content)
        values_of(checked.parameters, parameters)
    except Refused as refused:
        raise SSMException(refused.code, str(refused)) from None
    timeout = int(given["TimeoutSeconds"] or 3600)
    if not _TIMEOUT_SECONDS[0] <= timeout <= _TIMEOUT_SECONDS[1]:
        raise _invalid(
            f"TimeoutSeconds must be from {_TIMEOUT_SECONDS[0]} to {_TIMEOUT_SECONDS[1]}, got {timeout}"
        )
    held = run_command(self.ssm_backend)
    command = Command(
        document_name=document.name,
        document_version=document.document_version,
        content=json.dumps(content),
        step_names=[step.name for step in checked.steps],
        parameters=parameters,
        instance_ids=_instances(held, given["InstanceIds"] or [], given["Targets"] or []),
        targets=given["Targets"] or [],
        comment=given["Comment"] or "",
        timeout_seconds=timeout,
        bucket=given["OutputS3BucketName"] or "",
        key_prefix=(given["OutputS3KeyPrefix"] or "").strip("/"),
        max_concurrency=given["MaxConcurrency"] or "50",
        max_errors=given["MaxErrors"] or "0",
    )
    with held.lock:
        held.commands.append(command)
    return ActionResult({"Command": command_shape(command)})


_PARAMETERS = (
    "DocumentName", "DocumentVersion", "DocumentHash", "DocumentHashType", "InstanceIds", "Targets",
    "Parameters", "TimeoutSeconds", "Comment", "OutputS3BucketName", "OutputS3KeyPrefix",
    "MaxConcurrency", "MaxErrors",
)  # fmt: skip


def _document(backend: SimpleSystemManagerBackend, given: dict[str, Any]) -> Document:
    name = (given["DocumentName"] or "").split(":document/")[-1]
    documents = backend._documents.get(name)
    if documents is None or documents.get_default_version().document_type != "Command":
        raise SSMException("InvalidDocument", f"Command document with name {name} does not exist.")
    version = given["DocumentVersion"] or "$DEFAULT"
    document = documents.find("" if version == "$DEFAULT" else version, strict=False)
    if document is None:
        raise SSMException("InvalidDocumentVersion", f"Document {name} has no version {version}.")
    wanted = given["DocumentHash"]
    if wanted and (given["DocumentHashType"] or "Sha256") != "Sha256":
        raise _invalid(f"DocumentHashType must be Sha256 here, got {given['DocumentHashType']}")
    if wanted and wanted.lower() != document.hash:
        raise SSMException(
            "InvalidDocument", f"The hash of version {document.document_version} of {name} is not {wanted}."
        )
    return document


def _content(document: Document) -> Any:
    if not isinstance(document.content, str):
        return document.content
    return (
        json.loads(document.content)
        if document.document_format == "JSON"
        else yaml.safe_load(document.content)
    )


def _instances(held: RunCommand, ids: list[str], targets: list[dict[str, Any]]) -> list[str]:
    if bool(ids) == bool(targets):
        raise _invalid("Either InstanceIds or Targets must be given.")
    chosen: list[set[str]] = []
    for target in targets:
        key, values = target["Key"], target["Values"]
        if key.lower() == "instanceids":
            _managed(held, values)
            chosen.append(set(values))
        elif key.startswith("tag:"):
            chosen.append(set(held.tagged(key[4:], values)))
        else:
            raise _invalid(f"Targets has the key {key}, allowed here are InstanceIds and tag:NAME")
    if ids:
        if len(set(ids)) < len(ids):
            raise SSMException("DuplicateInstanceId", "An instance is named twice.")
        _managed(held, ids)
        return ids
    # Several targets narrow each other down.
    return sorted(set.intersection(*chosen))


def _managed(held: RunCommand, ids: list[str]) -> None:
    unknown = [instance for instance in ids if held.node(instance) is None]
    if unknown:
        raise SSMException(
            "InvalidInstanceId",
            f"Instances [[{', '.join(unknown)}]] not in a valid state for account {held.account}",
        )


def _invalid(sentence: str) -> SSMException:
    return SSMException("ValidationException", sentence)
