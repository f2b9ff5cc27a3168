"""Which documents and instances a request is about, and the tags that conditions ask for.

SendCommand must be permitted on the document, on every instance, and on the output's bucket, StartSession on
the instance, and on a document that is named. AWS compares `ssm:resourceTag/…` and `aws:ResourceTag/…` with
the tags of the one it looks at. What lists or ends commands has no resource.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.ssm.models import ssm_backends

from ..instance_metadata import find_instance
from .nodes import run_command, tags

if TYPE_CHECKING:
    from ..request_resources import Where

_DOCUMENT_ACTIONS = (
    "CreateDocument", "DeleteDocument", "DescribeDocument", "GetDocument", "ListDocumentVersions",
    "SendCommand", "UpdateDocument", "UpdateDocumentDefaultVersion",
)  # fmt: skip


def ssm_documents(action: str, given: dict[str, Any], where: Where) -> list[str]:
    """The ARNs of a request about documents; none for any other."""
    name = action.removeprefix("ssm:")
    if name == "StartSession":
        documents = [where.arn("ssm", f"document/{each}") for each in [given.get("DocumentName")] if each]
        return [where.arn("ec2", f"instance/{given.get('Target', '')}"), *documents]
    if name not in _DOCUMENT_ACTIONS:
        return []
    wanted = given.get("DocumentName" if name == "SendCommand" else "Name", "")
    document = wanted if wanted.startswith("arn:") else where.arn("ssm", f"document/{wanted}")
    if name != "SendCommand":
        return [document]
    bucket = given.get("OutputS3BucketName")
    buckets = [f"arn:{where.partition}:s3:::{bucket}"] if bucket else []
    return [document, *buckets, *(where.arn("ec2", f"instance/{each}") for each in _instances(given, where))]


def _instances(given: dict[str, Any], where: Where) -> list[str]:
    held = run_command(ssm_backends[where.account][where.region])
    found = list(given.get("InstanceIds", []))
    for target in given.get("Targets", []):
        key, values = target.get("Key", ""), target.get("Values", [])
        found += held.tagged(key[4:], values) if key.startswith("tag:") else values
    return found


def tags_of(arn: str, where: Where) -> dict[str, str | list[str]]:
    """The condition keys of a document's or an instance's tags."""
    kind, _, name = arn.split(":")[-1].partition("/")
    held: dict[str, str] = {}
    if kind == "document":
        described = ssm_backends[where.account][where.region]._get_documents_tags(name)
        held = {tag["Key"]: tag["Value"] for tag in described}
    elif kind == "instance":
        instance = find_instance(where.account, name)
        held = tags(instance) if instance else {}
    prefixes = ("aws:ResourceTag", "ssm:resourceTag")
    return {f"{prefix}/{key}": value for prefix in prefixes for key, value in held.items()}
