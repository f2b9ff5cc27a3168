"""A request's body, read up to a limit."""

from __future__ import annotations

import asyncio
import time

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

_DISCARD_SECONDS = 10.0


class TooLarge(Exception):
    """The body is, or says it is, over the limit."""


async def read(request: Request, limit: int) -> bytes:
    """Raises TooLarge as soon as it is known: by Content-Length before the first byte is read, else at the
    chunk that passes the limit. Never holds more than the limit and one chunk."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise TooLarge
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise TooLarge
        chunks.append(chunk)
    return b"".join(chunks)


class RefusedResponse(Response):
    """Answers at once, then reads on without keeping what it reads.

    A client that writes its whole body before it reads would otherwise get a reset connection instead of
    the answer, because closing a socket with unread data discards what was sent on it.
    """

    def __init__(self, content: bytes, expects_continue: bool):
        super().__init__(content, 413, {"connection": "close"}, "application/json")
        # A client that waits for "100 Continue" sends nothing more after an error.
        self._discard = not expects_continue

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": True})
        if self._discard:
            await _discard(receive)
        await send({"type": "http.response.body", "body": b""})


async def _discard(receive: Receive) -> None:
    end = time.monotonic() + _DISCARD_SECONDS
    message: Message = {"type": "http.request", "more_body": True}
    while message["type"] == "http.request" and message.get("more_body"):
        try:
            message = await asyncio.wait_for(receive(), end - time.monotonic())
        except asyncio.TimeoutError:
            return
