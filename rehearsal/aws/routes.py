"""What the rehearsal may do to the emulator that no client may do to AWS, under `/embedded-aws/`.

| request | does |
|---|---|
| `POST parameters` with `{"name", "value"}` and perhaps `"region"` | points a parameter, public ones included, at another value |
| `POST agents/ID`, `POST agents/ID/commands/COMMAND` | what an instance's SSM agent asks and tells (see run_command/channel.py) |
| `GET instances/ID/PATH` | what the instance's metadata service answers at `/latest/PATH` (see imds.py) |

moto's own `/moto-api/reset-auth` stays where it is: its body `0` turns authorization on, `inf` off.
"""  # noqa: E501

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID

from . import images, instance_metadata
from .run_command import channel

PREFIX = "/embedded-aws/"
Answer = tuple[HTTPStatus, str]


def with_routes(application: Callable, region: str) -> Callable:
    """The WSGI application with these routes in front of it."""

    def dispatch(environ: dict[str, Any], start_response: Callable) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if not path.startswith(PREFIX):
            return application(environ, start_response)
        status, text = _answer(environ, path.removeprefix(PREFIX), region)
        start_response(f"{status.value} {status.phrase}", [("Content-Type", "text/plain; charset=utf-8")])
        return [text.encode()]

    return dispatch


def _answer(environ: dict[str, Any], path: str, region: str) -> Answer:
    metadata = re.fullmatch(r"instances/([^/]+)/(.+)", path)
    if environ["REQUEST_METHOD"] == "GET" and metadata:
        return _metadata(*metadata.groups())
    if environ["REQUEST_METHOD"] == "POST" and path == "parameters":
        return _move_parameter(environ, region)
    agent = re.fullmatch(r"agents/([^/]+)(?:/commands/([^/]+))?", path)
    if environ["REQUEST_METHOD"] == "POST" and agent:
        return _serve_agent(environ, *agent.groups())
    return HTTPStatus.NOT_FOUND, f"{PREFIX}{path}: no such route\n"


def _metadata(instance_id: str, path: str) -> Answer:
    instance = instance_metadata.find_instance(DEFAULT_ACCOUNT_ID, instance_id)
    if instance is None or instance.state == "terminated":
        return HTTPStatus.GONE, f"no instance {instance_id}\n"
    text = instance_metadata.answer(DEFAULT_ACCOUNT_ID, instance, path)
    return (HTTPStatus.NOT_FOUND, "") if text is None else (HTTPStatus.OK, text)


def _serve_agent(environ: dict[str, Any], instance_id: str, command_id: str | None) -> Answer:
    given = json.loads(_body(environ))
    if command_id is None:
        status, answer = channel.ask(DEFAULT_ACCOUNT_ID, instance_id, given)
    else:
        status, answer = channel.tell(DEFAULT_ACCOUNT_ID, instance_id, command_id, given)
    return status, json.dumps(answer)


def _body(environ: dict[str, Any]) -> bytes:
    return environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))


def _move_parameter(environ: dict[str, Any], region: str) -> Answer:
    try:
        given = json.loads(_body(environ))
        name, value = given["name"], given["value"]
    except (ValueError, KeyError, TypeError):
        return HTTPStatus.BAD_REQUEST, 'parameters needs JSON with "name" and "value"\n'
    images.move(DEFAULT_ACCOUNT_ID, given.get("region", region), name, value)
    return HTTPStatus.NO_CONTENT, ""
