"""The endpoint of a model server, by its URL: who to ask, and a client that many threads may use at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote, urlsplit

from tuning.refusal import Refusal

if TYPE_CHECKING:
    import numpy as np

    from tuning.saved_model.requests import Request
    from tuning.saved_model.signature import Signature

FORMS = "http(s)://host:port/v1/models/NAME[/versions/V|/labels/L] or grpc://host:port/NAME"

_REST_PATH = re.compile(
    r"/v1/models/(?P<name>[^/:]+)(?:/versions/(?P<version>\d+)|/labels/(?P<label>[^/:]+))?"
)
_GRPC_PATH = re.compile(r"/(?P<name>[^/:]+)")
# tensorflow_model_server's own, where the URL names none.
_PORTS = {"http": 80, "https": 443, "grpc": 8500}


class EndpointError(Exception):
    """One sentence: the server could not be asked, or answered with an error."""


@dataclass(frozen=True)
class Target:
    """What an endpoint's URL says."""

    scheme: str
    """http, https or grpc."""
    host: str
    """As in the URL: an IPv6 address keeps its brackets."""
    port: int
    path: str
    """Of the model, as sent; empty for gRPC."""
    name: str
    version: int | None = None
    label: str | None = None

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}{self.path or '/' + self.name}"


class Client(Protocol):
    """A server's model. Every method may be called by many threads at once, `close` by one at the end.

    A request is encoded when it is first sent: it must not change afterwards.
    """

    def predict(self, request: Request) -> dict[str, np.ndarray]:
        """Outputs by name. Raises EndpointError for anything but an answer."""

    def exchange(self, request: Request) -> None:
        """The same without decoding the answer's numbers, for a client that shares the server's CPUs.

        Raises EndpointError for anything but an answer.
        """

    def signatures(self) -> Mapping[str, Signature]:
        """What the server says of its model; imports TensorFlow. Raises EndpointError."""

    def close(self) -> None: ...


def parse(url: str) -> Target:
    """Raises Refusal, naming the forms that a URL may have."""
    wrong = Refusal(f"--endpoint: {url!r} is none of {FORMS}.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise wrong from None
    if parts.scheme not in _PORTS or not parts.hostname or parts.username is not None:
        raise wrong
    rest = parts.scheme != "grpc"
    # What people copy from a command line that posts requests.
    path = parts.path.removesuffix(":predict").rstrip("/")
    found = (_REST_PATH if rest else _GRPC_PATH).fullmatch(path)
    if found is None or parts.query or parts.fragment:
        raise wrong
    named = found.groupdict()
    return Target(
        scheme=parts.scheme,
        host=f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname,
        port=_PORTS[parts.scheme] if port is None else port,
        path=path if rest else "",
        name=unquote(named["name"]),
        version=int(named["version"]) if named.get("version") else None,
        label=unquote(named["label"]) if named.get("label") else None,
    )


def connect(url: str, *, connections: int = 64, timeout: float = 60.0) -> Client:
    """A client of the endpoint; nothing is sent yet. Raises Refusal for a URL of no known form.

    connections: kept alive at most (REST); more threads than that wait for each other.
    timeout: seconds for one request.
    """
    target = parse(url)
    if target.scheme == "grpc":
        from tuning.benchmark.grpc_client import GrpcClient

        return GrpcClient(target, timeout)
    from tuning.benchmark.rest_client import RestClient

    return RestClient(target, connections, timeout)
