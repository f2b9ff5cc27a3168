"""The requests of a sweep, made in a process of their own; see prepare.py."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tuning.refusal import Refusal

_PACKAGE_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Prepared:
    folder: Path
    """The SavedModel."""
    version: int | None
    signature: str
    requests: int
    source: str
    """Where they are from."""
    rows: int
    """Examples in the largest request."""
    fixed_rows: bool


def package_environment() -> dict[str, str]:
    """For a Python process of this package."""
    path = [str(_PACKAGE_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path)}


def prepare(model: Path, requests: Path, *, samples: Path | None = None, batch: int = 0) -> Prepared:
    """Writes the file of requests. Raises Refusal as tuning.saved_model does."""
    options = [f"--batch={batch}"] + ([f"--samples={samples}"] if samples else [])
    done = subprocess.run(
        [sys.executable, "-m", "tuning.sweep.prepare", *options, "--", str(model), str(requests)],
        env=package_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    lines = done.stdout.strip().splitlines()
    if done.returncode != 0 or not lines:
        said = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
        raise Refusal(f"--model: no requests can be made for {model} ({said[:300].rstrip('.')}).")
    facts = json.loads(lines[-1])
    if "refusal" in facts:
        raise Refusal(facts["refusal"])
    return Prepared(
        folder=Path(facts["folder"]),
        version=facts["version"],
        signature=facts["signature"],
        requests=facts["requests"],
        source=facts["from"],
        rows=facts["rows"],
        fixed_rows=facts["fixedRows"],
    )
