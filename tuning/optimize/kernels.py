"""Which kernels a model runs on: oneDNN's verbose log of its requests, read by the troubleshooting rules."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .process import ROOT, worker

# An instance has the rules where its scripts are unpacked, and says so.
ANALYZER = "GTF_ANALYZE"
# The log of a request is judged, not its time: printing a line a primitive is most of that.
MOST_ROWS = 40
_VERBOSE = {"ONEDNN_VERBOSE": "1", "DNNL_VERBOSE": "1"}


@dataclass(frozen=True)
class Kernels:
    rows: list[dict[str, Any]] = field(default_factory=list)
    """As in the troubleshooting report: reference kernels first, then by time."""
    omitted: int = 0
    reference_share: float | None = None
    """0 to 1; None where the log shows no kernel."""
    bf16_used: bool = False
    why: str = ""
    """Why there are no rows."""


def kernels_of(
    models: Sequence[Path],
    requests: Path,
    intra_op: int,
    work: Path,
    environment: Mapping[str, str | None],
) -> list[Kernels]:
    """One model after the other in a process of its own, since oneDNN reads the variable once.

    work: a folder for the log, which is removed.
    """
    analyzer = analyzer_path()
    if analyzer is None:
        why = f"there is no analyze.py of the troubleshooting runbook: set {ANALYZER} to its path"
        return [Kernels(why=why) for _ in models]
    log, ends = work / "verbose.log", []
    try:
        with worker({**environment, **_VERBOSE}, stdout=log) as asked:
            for model in models:
                asked.ask("load", model=model, requests=requests, intra_op=intra_op)
                ends.append(asked.ask("printed"))
        text = log.read_bytes()
        # oneDNN says once what it is and what its lines are made of.
        header = b"".join(line for line in text[: ends[0]].splitlines(True) if b",info," in line)
        parts = [text[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]
        return [_judged(analyzer, log, part if i == 0 else header + part) for i, part in enumerate(parts)]
    finally:
        log.unlink(missing_ok=True)


def analyzer_path() -> Path | None:
    named = os.environ.get(ANALYZER)
    path = Path(named) if named else ROOT / "runbooks" / "troubleshoot" / "analyze.py"
    return path if path.is_file() else None


def _judged(analyzer: Path, log: Path, text: bytes) -> Kernels:
    log.write_bytes(text)
    done = subprocess.run(
        [sys.executable, "-B", analyzer, "--json", log], stdout=subprocess.PIPE, text=True, check=False
    )
    try:
        report = json.loads(done.stdout)
        summary, rows = report["summary"], report["kernels"]
        if not rows:
            return Kernels(
                why="oneDNN printed no kernel: TensorFlow runs this model on its own, or without oneDNN"
            )
        return Kernels(
            rows[:MOST_ROWS],
            len(rows[MOST_ROWS:]) + report["kernelsOmitted"],
            summary["referenceShare"],
            bool(summary["bf16"]["used"]),
        )
    except (ValueError, KeyError, TypeError):
        return Kernels(why=f"{analyzer} could not read oneDNN's log (it ended with {done.returncode})")
