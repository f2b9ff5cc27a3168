"""Pages of a listing."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from moto.ssm.exceptions import SSMException
from moto.ssm.responses import SimpleSystemManagerResponse

_MOST = 50


def page(
    response: SimpleSystemManagerResponse, items: list[Any], default: int = _MOST
) -> tuple[list[Any], str | None]:
    """The page that the request asks for, and the token of the next one."""
    size = int(response._get_param("MaxResults") or default)
    if not 1 <= size <= _MOST:
        raise SSMException("ValidationException", f"MaxResults must be from 1 to {_MOST}, got {size}")
    start = _start(response._get_param("NextToken"))
    following = start + size
    return items[start:following], _token(following) if following < len(items) else None


def _token(start: int) -> str:
    return base64.urlsafe_b64encode(f"from {start}".encode()).decode()


def _start(token: str | None) -> int:
    if not token:
        return 0
    try:
        return int(base64.urlsafe_b64decode(token).decode().removeprefix("from "))
    except (ValueError, binascii.Error):
        raise SSMException("InvalidNextToken", "The specified token isn't valid.") from None
