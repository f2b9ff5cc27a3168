"""The requests of a sweep, made in a process of their own; see prepare.py."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tuning import child
from tuning.refusal import Refusal


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


def prepare(model: Path, requests: Path, *, samples: Path | None = None, batch: int = 0) -> Prepared:
    """Writes the file of requests. Raises Refusal as tuning.saved_model does."""
    options = [f"--batch={batch}"] + ([f"--samples={samples}"] if samples else [])
    done = subprocess.run(
        [sys.executable, "-m", "tuning.sweep.prepare", *options, "--", str(model), str(requests)],
        env=child.python_environment(),
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
