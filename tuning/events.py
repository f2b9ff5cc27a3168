"""How a program tells of itself: one JSON object a line on standard output, and nothing else there."""

from __future__ import annotations

import json
import math
import os
import signal
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TextIO

from .cancellation import Cancelled
from .refusal import Refusal

Status = Literal["InProgress", "Success", "Failed", "Skipped"]

_stream: TextIO | None = None


def claim_stdout() -> None:
    """Keeps standard output for events; whatever else writes there (oneDNN does) lands on standard error.

    To be called once, before TensorFlow is imported. Child processes inherit standard error for both.
    """
    global _stream
    if _stream is None:
        sys.stdout.flush()
        _stream = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)


def step(name: str, status: Status, text: str = "") -> None:
    """text: short, for a human; a failure's is its reason."""
    _print({"event": "step", "name": name, "status": status, "text": text})


def progress(done: int, total: int, text: str = "") -> None:
    _print({"event": "progress", "done": done, "total": total, "text": text})


def refusal(reason: str) -> None:
    """reason: one sentence."""
    _print({"event": "refusal", "reason": reason})


def report(document: Mapping[str, Any], file: Path | None = None) -> None:
    """Prints the report and, with a file, writes it there too: whole or not at all.

    A number that JSON cannot hold (NaN, an infinity) becomes null. Raises Refusal if the file cannot be
    written; the report is printed by then.
    """
    document = _plain(document)
    _print({"event": "report", "report": document})
    if file is not None:
        _write(file, json.dumps(document, indent=1, allow_nan=False) + "\n")


def check_report_file(file: Path | None) -> None:
    """Refuses early what would lose a report after minutes of work."""
    if file is None:
        return
    if file.is_dir():
        raise Refusal(f"--report: {file} is a folder, a file is needed.")
    if not os.access(file.parent, os.W_OK | os.X_OK):
        raise Refusal(f"--report: the folder {file.parent} must exist and be writable.")


def _plain(value: Any) -> Any:
    """What json can write: numpy's scalars as Python's, and no number that JSON has no word for."""
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    if isinstance(value, Path):
        return str(value)
    if not isinstance(value, (str, bool, int, float, type(None))) and hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _print(event: Mapping[str, Any]) -> None:
    stream = _stream or sys.stdout
    try:
        # One write a line: another thread's event never lands in the middle of it.
        stream.write(json.dumps(_plain(event), allow_nan=False) + "\n")
        stream.flush()
    except BrokenPipeError:
        # Nobody waits for the result any more. The interpreter would complain of the same on its way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        raise Cancelled(signal.SIGPIPE) from None


def _write(file: Path, text: str) -> None:
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=file.parent, prefix=f".{file.name}.", delete=False
        ) as new:
            try:
                new.write(text)
                new.flush()
                # Readable by others, as a file that open() makes: mkstemp's is the owner's alone.
                Path(new.name).chmod(0o644)
                Path(new.name).replace(file)
            except BaseException:
                Path(new.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        raise Refusal(f"--report: {file} cannot be written ({error.strerror}).") from None
