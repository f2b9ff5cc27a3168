"""The requests of a sweep, made in a process of their own; see prepare.py."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tuning import child
from tuning.cancellation import shielded
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
    process = None
    try:
        # A signal between the start and the note of it would leave a process that nobody ends.
        with shielded():
            process = subprocess.Popen(
                [sys.executable, "-m", "tuning.sweep.prepare", *options, "--", str(model), str(requests)],
                env=child.python_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
        output, errors = process.communicate()
    finally:
        if process is not None:
            child.kill(process)
    lines = output.strip().splitlines()
    if process.returncode != 0 or not lines:
        said = (errors.strip().splitlines() or [f"status {process.returncode}"])[-1]
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
