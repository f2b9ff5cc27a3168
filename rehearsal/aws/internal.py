"""The emulator's calls to its own API, made in CloudFormation's name.

A thin model goes through the API rather than moto's backends: botocore then checks every property against
the service's own description, and an unknown one fails the resource instead of being passed over.
"""

from __future__ import annotations

import functools
import os
import secrets
from typing import Any

import boto3
from botocore.client import BaseClient
from botocore.config import Config
from botocore.model import ListShape, Shape, StructureShape

# Known in this process only; authorization.py lets its bearer do anything.
ACCESS_KEY = f"AKIA{secrets.token_hex(8).upper()}"


@functools.cache
def client(service: str, region: str) -> BaseClient:
    """A client of this very server."""
    # A session of its own: boto3's default one is not safe between threads.
    return boto3.session.Session().client(
        service,
        region_name=region,
        endpoint_url=f"http://127.0.0.1:{os.environ['MOTO_PORT']}",
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=ACCESS_KEY,
        config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
    )


def call(service: str, region: str, operation: str, **arguments: Any) -> dict[str, Any]:
    """An operation, numbers and booleans taken from text as CloudFormation takes them."""
    bound = client(service, region)
    model = bound.meta.service_model.operation_model(operation)
    method = getattr(bound, _method(bound, operation))
    given = {name: value for name, value in arguments.items() if value is not None}
    return method(**_typed(given, model.input_shape))


def _method(bound: BaseClient, operation: str) -> str:
    return next(name for name, known in bound.meta.method_to_api_mapping.items() if known == operation)


def _typed(value: Any, shape: Shape | None) -> Any:
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        return {name: _typed(item, shape.members.get(name)) for name, item in value.items()}
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [_typed(item, shape.member) for item in value]
    kind = shape.type_name if shape else None
    if isinstance(value, str):
        if kind in ("integer", "long"):
            return int(value)
        if kind in ("double", "float"):
            return float(value)
        if kind == "boolean":
            return value.lower() == "true"
    if kind == "string" and isinstance(value, (int, float)):
        return str(value)
    return value
