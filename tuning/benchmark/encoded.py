"""Requests in the form in which they are sent, encoded once: samples of a load lie ready in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tuning.saved_model.requests import Request

_MOST = 4096


class EncodedRequests:
    """Bytes of each request by its identity; the oldest are forgotten."""

    def __init__(self, encode: Callable[[Request], bytes]):
        self._encode = encode
        self._lock = threading.Lock()
        # The request is kept beside its bytes: as long as it lives, no other one gets its id.
        self._known: dict[int, tuple[Request, bytes]] = {}

    def __call__(self, request: Request) -> bytes:
        known = self._known.get(id(request))
        if known is None:
            known = (request, self._encode(request))
            with self._lock:
                while len(self._known) >= _MOST:
                    del self._known[next(iter(self._known))]
                self._known[id(request)] = known
        return known[1]
