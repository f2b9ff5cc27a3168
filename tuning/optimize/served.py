"""What the model server says of a version: TensorFlow Serving's REST status, and nothing is sent to it."""

from __future__ import annotations

import http.client
import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from ..refusal import Refusal

# TF Serving looks at its base path once a second.
POLL_SECONDS = 0.25
ANSWER_SECONDS = 10
_URL = re.compile(r"https?://[^/\s]+/v1/models/[^/:\s]+/?")


# What a server that does not say looks like to us.
_SILENT = (OSError, http.client.HTTPException, ValueError, KeyError, TypeError)


class Rejected(Exception):
    """The server does not serve the version; the text says why, without a full stop."""


@dataclass(frozen=True)
class State:
    name: str
    error: str
    """Empty if there is none."""


class Server:
    """url: http://host:port/v1/models/NAME. Raises Refusal for another."""

    def __init__(self, url: str) -> None:
        if not _URL.fullmatch(url):
            raise Refusal(f"--server-url: {url} must be like http://127.0.0.1:8501/v1/models/NAME.")
        self.url = url.rstrip("/")
        # The server is ours, next door: a proxy of the environment has no part in it.
        self._open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open

    def states(self) -> dict[int, State]:
        """Of every version that the server knows of. Raises OSError or ValueError if it does not say."""
        try:
            with self._open(self.url, timeout=ANSWER_SECONDS) as answer:
                document = json.load(answer)
        except urllib.error.HTTPError as error:
            raise OSError(f"HTTP {error.code}") from None
        return {
            int(entry["version"]): State(entry["state"], _error(entry.get("status", {})))
            for entry in document["model_version_status"]
        }

    def check(self) -> None:
        """Refuses early where nothing is served: there would be no old version to go on with."""
        try:
            states = self.states()
        except _SILENT as error:
            host = urlsplit(self.url).netloc
            raise Refusal(f"--server-url: {host} does not say which versions it serves ({error}).") from None
        if not any(state.name == "AVAILABLE" for state in states.values()):
            raise Refusal(f"--server-url: no version at {self.url} is AVAILABLE yet.")

    def known_versions(self) -> list[int]:
        """Of now or of some time ago; none where the server does not say."""
        try:
            return list(self.states())
        except _SILENT:
            return []

    def wait_until_available(self, version: int, seconds: float) -> None:
        """Raises Rejected with the server's error, or if it has not said AVAILABLE in time."""
        last = "nothing of it"
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            state = self._state(version)
            if state is not None:
                if state.error:
                    raise Rejected(f"the server cannot load it: {state.error.rstrip('. ')}")
                if state.name == "AVAILABLE":
                    return
                last = state.name
            time.sleep(POLL_SECONDS)
        raise Rejected(f"the server said {last} within {seconds:g} s")

    def wait_until_gone(self, version: int, seconds: float) -> bool:
        """Whether the server has let go of a version that was taken away, and serves another."""

        def over(states: dict[int, State]) -> bool:
            state = states.pop(version, None)
            others = any(other.name == "AVAILABLE" for other in states.values())
            return others and (state is None or state.name == "END" or bool(state.error))

        return self._wait(over, seconds)

    def _wait(self, condition: Callable[[dict[int, State]], bool], seconds: float) -> bool:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                if condition(self.states()):
                    return True
            except _SILENT:
                pass  # it may be busy, or on its way up again
            time.sleep(POLL_SECONDS)
        return False

    def _state(self, version: int) -> State | None:
        try:
            return self.states().get(version)
        except _SILENT:
            return None


def _error(status: dict[str, str]) -> str:
    code = status.get("error_code", "OK")
    if code in ("OK", 0):
        return ""
    return " ".join((status.get("error_message") or str(code)).split())[:500]
