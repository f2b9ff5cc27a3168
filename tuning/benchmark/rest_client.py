"""TF Serving's REST API from the client's side, over connections that are kept alive.

The column form ("inputs") is sent: it has a place for every tensor, with or without rows.
"""

from __future__ import annotations

import base64
import contextlib
import json
import re
import ssl
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import urllib3

from tuning.benchmark.encoded import EncodedRequests
from tuning.benchmark.endpoint import EndpointError, Target

if TYPE_CHECKING:
    from tuning.saved_model.requests import Request
    from tuning.saved_model.signature import Signature

_HEADERS = {"Content-Type": "application/json"}
_ANSWER = b'"outputs"'
# White space may stand before the key.
_ANSWER_WITHIN = 64
# "HTTPConnection(host='…', port=…): " and, before urllib3 2, "<urllib3… object at 0x…>: "
_OBJECT = re.compile(r"^(<[^>]*>|\w+\([^)]*\)): ")


class RestClient:
    def __init__(self, target: Target, connections: int, timeout: float):
        self._target = target
        pool: Any = urllib3.HTTPConnectionPool
        options: dict[str, Any] = {}
        if target.scheme == "https":
            # Python's own trusted certificates, or those that SSL_CERT_FILE names.
            pool, options = urllib3.HTTPSConnectionPool, {"ssl_context": ssl.create_default_context()}
        self._pool = pool(
            target.host.strip("[]"), target.port, maxsize=connections, block=True, timeout=timeout,
            retries=False, **options,
        )  # fmt: skip
        self._bodies = EncodedRequests(encode)
        self._lock = threading.Lock()
        self._definitions: Mapping[str, Any] | None = None

    def predict(self, request: Request) -> dict[str, np.ndarray]:
        body = self._post(request)
        try:
            outputs = json.loads(body)["outputs"]
        except (ValueError, TypeError, KeyError):
            raise self._no_answer(body) from None
        if not isinstance(outputs, dict) or outputs.keys() == {"b64"}:
            outputs = {self._only_output(request.signature): outputs}
        return {name: _array(value) for name, value in outputs.items()}

    def exchange(self, request: Request) -> None:
        body = self._post(request)
        if _ANSWER not in body[:_ANSWER_WITHIN]:
            raise self._no_answer(body)

    def signatures(self) -> Mapping[str, Signature]:
        from google.protobuf import json_format
        from tensorflow.core.protobuf import meta_graph_pb2

        from tuning.saved_model.signature import signatures_of

        meta_graph = meta_graph_pb2.MetaGraphDef()
        try:
            for name, definition in self._signature_definitions().items():
                json_format.ParseDict(definition, meta_graph.signature_def[name], ignore_unknown_fields=True)
        except json_format.ParseError as error:
            raise EndpointError(f"{self._target.url}/metadata cannot be read: {error}.") from None
        return signatures_of(meta_graph)

    def close(self) -> None:
        self._pool.close()

    def _post(self, request: Request) -> bytes:
        return self._ask("POST", f"{self._target.path}:predict", self._bodies(request))

    def _ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        try:
            response = self._pool.urlopen(method, path, body, _HEADERS)
            data = response.data
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise EndpointError(f"{self._target.url} cannot be asked: {_reason(error)}.") from None
        if response.status != 200:
            raise EndpointError(
                f"{self._target.url} answered {method} with HTTP {response.status}: {_error_text(data)}."
            )
        return data

    def _no_answer(self, body: bytes) -> EndpointError:
        return EndpointError(
            f"{self._target.url} answered with HTTP 200, but without outputs: {_error_text(body)}."
        )

    def _only_output(self, signature: str) -> str:
        """The name that the column form leaves out when there is one output."""
        outputs = self._signature_definitions().get(signature, {}).get("outputs", {})
        return next(iter(outputs), "output")

    def _signature_definitions(self) -> Mapping[str, Any]:
        with self._lock:
            if self._definitions is None:
                body = self._ask("GET", f"{self._target.path}/metadata")
                try:
                    definitions = json.loads(body)["metadata"]["signature_def"]["signature_def"]
                    self._definitions = {**definitions}
                except (ValueError, TypeError, KeyError):
                    raise EndpointError(
                        f"{self._target.url}/metadata has no signature_def: {_error_text(body)}."
                    ) from None
            return self._definitions


def encode(request: Request) -> bytes:
    """The body of :predict."""
    inputs = {name: _values(array) for name, array in request.inputs.items()}
    return json.dumps({"signature_name": request.signature, "inputs": inputs}, separators=(",", ":")).encode()


def _values(array: np.ndarray) -> Any:
    array = np.asarray(array)
    if array.dtype.kind in "OSU":
        return _texts(array.tolist())
    if array.dtype.kind == "f" and array.dtype.itemsize < 8:
        # The shortest digits that are this float32, as clients send them, not those of its double.
        array = array.astype("U").astype(np.float64)
    return array.tolist()


def _texts(value: Any) -> Any:
    if isinstance(value, list):
        return [_texts(item) for item in value]
    data = value.encode() if isinstance(value, str) else bytes(value)
    return {"b64": base64.b64encode(data).decode("ascii")}


def _array(value: Any) -> np.ndarray:
    decoded = _bytes(value)
    flat = decoded
    while isinstance(flat, list) and flat:
        flat = flat[0]
    return np.array(decoded, object) if isinstance(flat, bytes) else np.array(decoded)


def _bytes(value: Any) -> Any:
    """Strings as TensorFlow holds them; numbers as they are."""
    if isinstance(value, list) and value and isinstance(value[0], (list, str, dict)):
        return [_bytes(item) for item in value]
    if isinstance(value, dict):
        return base64.b64decode(value.get("b64", ""))
    return value.encode() if isinstance(value, str) else value


def _reason(error: Exception) -> str:
    """What the operating system says, out of urllib3's wrappings."""
    text = _OBJECT.sub("", str(error.args[-1] if error.args else error))
    return " ".join(text.split()).rstrip(".")[:300] or type(error).__name__


def _error_text(body: bytes) -> str:
    text = body.decode("utf-8", "replace")
    with contextlib.suppress(ValueError, TypeError, KeyError):
        text = str(json.loads(text)["error"])
    return " ".join(text.split()).rstrip(".")[:300] or "an empty body"
