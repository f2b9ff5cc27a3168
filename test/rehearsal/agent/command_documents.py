"""The smallest documents that the tests need."""

from __future__ import annotations

from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]


def step(name: str, *lines: str, **inputs: Any) -> dict[str, Any]:
    """A step that runs these lines; the keywords are further inputs."""
    return {"action": "aws:runShellScript", "name": name, "inputs": {"runCommand": list(lines), **inputs}}


def document(*steps: dict[str, Any], **parameters: dict[str, Any]) -> dict[str, Any]:
    """A document of these steps and parameters."""
    return {"schemaVersion": "2.2", "description": "x", "parameters": parameters, "mainSteps": list(steps)}


def text(default: str | None = None, **declared: Any) -> dict[str, Any]:
    """A parameter that scripts read from the environment."""
    given = {} if default is None else {"default": default}
    return {"type": "String", "interpolationType": "ENV_VAR", **given, **declared}
