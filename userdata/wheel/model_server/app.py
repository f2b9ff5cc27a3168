"""The HTTP application: routes each request as TF Serving's dispatcher does.

Follows tensorflow_serving/model_servers/http_server.cc and http_rest_api_handler.cc.
"""

from __future__ import annotations

import asyncio
import logging
import time
from concurrent.futures import Executor, Future
from typing import Any

import orjson
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from . import body, inference, metrics, model_info, rest_path
from .errors import HTTP_STATUS, Code, ServingError, from_exception, not_found
from .manager import VersionManager

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"]

_log = logging.getLogger(__name__)


def create(
    manager: VersionManager,
    executor: Executor,
    max_body_bytes: int,
    metrics_path: str | None,
    batching: bool = False,
) -> FastAPI:
    """executor: where predictions run, so that the event loop stays free to answer status requests. Its size
    bounds how many run at once; with batching, how many are read or written at once."""
    # The paths are TF Serving's; none of FastAPI's own pages belong between them.
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    handler = _Handler(manager, executor, max_body_bytes, batching)

    @app.api_route("/{path:path}", methods=_METHODS)
    async def serve(request: Request) -> Response:
        path = request.scope.get("raw_path", request.url.path.encode()).decode("ascii", "replace")
        if metrics_path is not None and path == metrics_path and request.method == "GET":
            return Response(metrics.page(), media_type="text/plain")
        if not rest_path.is_served(path):
            return _answer(not_found(f"Not found: {path}"))
        return await handler.handle(request, path)

    return app


class _Handler:
    def __init__(self, manager: VersionManager, executor: Executor, max_body_bytes: int, batching: bool):
        self._manager = manager
        self._executor = executor
        self._max_body_bytes = max_body_bytes
        self._batching = batching

    async def handle(self, request: Request, path: str) -> Response:
        begin = time.perf_counter()
        target = rest_path.Target("", None, None, "")
        result: bytes | ServingError
        try:
            if request.method == "OPTIONS":
                result = _preflight(request)
            else:
                target = rest_path.parse(request.method, path)
                content = await body.read(request, self._max_body_bytes)
                result = await self._run(target, content)
        except body.TooLarge:
            return self._refuse(request, target)
        except Exception as exception:
            result = from_exception(exception)
            if not isinstance(exception, ServingError) and HTTP_STATUS[result.code] >= 500:
                _log.error("%s %s failed: %s", request.method, path, " ".join(str(result).split()))
        code = result.code if isinstance(result, ServingError) else Code.OK
        self._count(target, code.name, time.perf_counter() - begin)
        return _answer(result)

    async def _run(self, target: rest_path.Target, content: bytes) -> bytes:
        loop = asyncio.get_running_loop()
        if target.method == "predict" and self._batching:
            answer: Future[bytes] = Future()
            # A client that goes away does not take its batch with it.
            answer.set_running_or_notify_cancel()
            self._executor.submit(
                inference.predict_batched, answer, self._executor, self._manager, target, content
            )
            return await asyncio.wrap_future(answer)
        if target.method == "predict":
            return await loop.run_in_executor(
                self._executor, inference.predict, self._manager, target, content
            )
        if target.method in ("classify", "regress"):
            return await loop.run_in_executor(
                self._executor, inference.classify_or_regress, self._manager, target, content
            )
        if target.method == "metadata":
            return _pretty(model_info.metadata(self._manager, target))
        return _pretty(model_info.status(self._manager, target))

    def _refuse(self, request: Request, target: rest_path.Target) -> Response:
        # TF Serving has no limit and takes any body into memory.
        self._count(target, Code.RESOURCE_EXHAUSTED.name, 0.0)
        message = f"Request body is larger than {self._max_body_bytes} bytes"
        return body.RefusedResponse(_error_body(message), "expect" in request.headers)

    def _count(self, target: rest_path.Target, status: str, seconds: float) -> None:
        name = target.name if target.name == self._manager.model_name else ""
        metrics.request(name, target.method, status, seconds)


def _preflight(request: Request) -> bytes:
    origin = request.headers.get("origin", "")
    if "http://" in origin or "https://" in origin:
        return b""
    raise ServingError(Code.FAILED_PRECONDITION, "Origin header is missing in CORS preflight")


def _answer(result: bytes | ServingError) -> Response:
    if isinstance(result, ServingError):
        return Response(_error_body(result.message), HTTP_STATUS[result.code], media_type="application/json")
    return Response(result, media_type="application/json")


def _error_body(message: str) -> bytes:
    # The message may quote what a client sent.
    text = message.encode("utf-8", "replace").decode()
    return orjson.dumps({"error": text})


def _pretty(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
