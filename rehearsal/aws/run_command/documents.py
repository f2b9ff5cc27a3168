"""Command documents: checked when they are made, found by tags, with the platforms they run on.

moto stores any JSON, ignores tag filters, and counts the documents that a filter leaves out into the page.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CreateDocument.html
https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ListDocuments.html
"""

from __future__ import annotations

import json
from typing import Any

import yaml
from moto.core.responses import ActionResult
from moto.ssm.exceptions import SSMException
from moto.ssm.models import Document, SimpleSystemManagerBackend
from moto.ssm.responses import SimpleSystemManagerResponse

from ...agent.document import LARGEST_BYTES, check_document, read_document
from ...agent.refusal import Refused, choices
from ..bridge import replaces
from .paging import page

# What aws:runShellScript runs on.
PLATFORM_TYPES = ["Linux", "MacOS"]
_FILTERS = ("Name", "Owner", "DocumentType", "PlatformTypes", "TargetType")


@replaces(Document, "__init__")
def make_document(self: Document, *args: Any, **kwargs: Any) -> None:
    """A document of moto's, if it is one that Run Command would take."""
    make_document.original(self, *args, **kwargs)
    if self.document_type != "Command":
        return
    try:
        _check(self.content, self.document_format)
    except Refused as refused:
        raise SSMException(refused.code, str(refused)) from None
    self.platform_types = PLATFORM_TYPES


def _check(content: Any, form: str) -> None:
    if isinstance(content, str) and form == "JSON":
        read_document(content)
        return
    text = content if isinstance(content, str) else json.dumps(content)
    if len(text.encode()) > LARGEST_BYTES:
        raise Refused("MaxDocumentSizeExceeded", f"the document has {len(text.encode())} bytes")
    check_document(yaml.safe_load(text))


@replaces(SimpleSystemManagerResponse, "list_documents")
def list_documents(self: SimpleSystemManagerResponse) -> ActionResult:
    backend = self.ssm_backend
    filters = self._get_param("Filters") or []
    for each in filters:
        if each["Key"] not in _FILTERS and not each["Key"].startswith("tag:"):
            raise SSMException(
                "InvalidFilterKey",
                f"Filters has the key {each['Key']}, allowed are {choices(_FILTERS)} and tag:NAME",
            )
    found = []
    for _, documents in sorted(backend._documents.items()):
        document = documents.get_default_version()
        document_tags = backend._get_documents_tags(document.name)
        if all(_matches(backend, document, document_tags, each) for each in filters):
            found.append({**document.list_describe(tags=document_tags), "CreatedDate": document.created_date})
    items, token = page(self, found, default=10)
    return ActionResult({"DocumentIdentifiers": items, "NextToken": token})


def _matches(
    backend: SimpleSystemManagerBackend,
    document: Document,
    document_tags: list[dict[str, str]],
    wanted: dict[str, Any],
) -> bool:
    key, values = wanted["Key"], wanted["Values"]
    if key == "Owner":
        owners = {"Self": backend.account_id, "Private": backend.account_id}
        return document.owner in [owners.get(value, value) for value in values]
    if key == "PlatformTypes":
        return any(value in document.platform_types for value in values)
    if key.startswith("tag:"):
        return any(tag["Key"] == key[4:] and tag["Value"] in values for tag in document_tags)
    held = {"Name": document.name, "DocumentType": document.document_type, "TargetType": document.target_type}
    return held[key] in values
