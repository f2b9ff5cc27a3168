"""What a request's path asks for.

Follows ParseModelInfo of tensorflow_serving/model_servers/http_rest_api_util.cc.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from .errors import invalid

_VERSION_OR_LABEL = r"(?:/versions/(?P<version>\d+)|/labels/(?P<label>[^/:]+))?"
_POST = re.compile(
    rf"/v1/models/(?P<name>[^/:]+){_VERSION_OR_LABEL}:(?P<method>classify|regress|predict)", re.I | re.A
)
_GET = re.compile(
    rf"/v1/models(?:/(?P<name>[^/:]+))?{_VERSION_OR_LABEL}(?:/(?P<method>metadata))?", re.I | re.A
)
_SERVED = re.compile(r"/v1/.*", re.I)


@dataclass(frozen=True)
class Target:
    name: str
    version: int | None
    label: str | None
    method: str
    """classify, regress or predict; metadata, or empty for status."""


def is_served(path: str) -> bool:
    return _SERVED.fullmatch(path) is not None


def parse(http_method: str, path: str) -> Target:
    """path: as sent, still percent-encoded."""
    pattern = {"POST": _POST, "GET": _GET}.get(http_method)
    match = pattern.fullmatch(path) if pattern else None
    # RE2 ignores the case; the handler then compares the method as it was sent.
    if match is None or (http_method == "POST" and match["method"] not in ("classify", "regress", "predict")):
        raise invalid(f"Malformed request: {http_method} {path}")
    version = match["version"]
    if version is not None and int(version[:20]) >= 2**63:
        raise invalid(f"Failed to convert version: {version} to numeric.")
    return Target(
        name=unquote(match["name"] or ""),
        version=None if version is None else int(version),
        label=None if match["label"] is None else unquote(match["label"]),
        method=match["method"] or "",
    )
