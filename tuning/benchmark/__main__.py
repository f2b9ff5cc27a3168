"""`python -m tuning.benchmark`: a model measured by MLCommons' LoadGen, as one report.

This process only watches another one (worker.py) that does it, and imports no TensorFlow: it can end at once.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tuning import child, events, fast_math
from tuning.benchmark import arguments
from tuning.benchmark.loadgen import check_installed
from tuning.cancellation import Cancelled, cancellable, shielded
from tuning.refusal import Refusal


def main(argv: list[str]) -> int:
    events.claim_stdout()
    try:
        with cancellable():
            return _benchmark(argv)
    except Refusal as refusal:
        events.refusal(str(refusal))
        return 2
    except Cancelled as cancelled:
        return cancelled.exit_code


def _benchmark(argv: list[str]) -> int:
    options = arguments.parse(argv)
    events.check_report_file(options.report)
    if options.model is not None and not options.model.is_dir():
        raise Refusal(
            f"--model: {options.model} is no folder; expected a SavedModel or a folder of versions."
        )
    check_installed()
    with _logs(options.logs) as logs, _worker([*argv, "--logs", str(logs)], options.bf16) as worker:
        document = _passed_on(worker)
        code = child.exit_code(worker)
    if document is None:
        raise Refusal(child.end_of("The process that runs LoadGen", code))
    events.report(document, options.report)
    return document["exitCode"]


def _passed_on(worker: subprocess.Popen[bytes]) -> dict[str, Any] | None:
    """The worker's report; its other events are ours."""
    document = None
    for line in child.Lines(worker, worker.stdout):
        event = json.loads(line)
        match event["event"]:
            case "step":
                events.step(event["name"], event["status"], event["text"])
            case "progress":
                events.progress(event["done"], event["total"], event["text"])
            case "refusal":
                raise Refusal(event["reason"])
            case "report":
                document = event["report"]
    return document


@contextlib.contextmanager
def _logs(asked: Path | None) -> Iterator[Path]:
    if asked is not None:
        yield asked
        return
    with shielded():
        folder = Path(tempfile.mkdtemp(prefix="graviton-tf-loadgen-"))
    try:
        yield folder
    finally:
        with shielded():
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _worker(argv: list[str], bf16: str | None) -> Iterator[subprocess.Popen[bytes]]:
    """However the block ends, the process has ended too."""
    process: subprocess.Popen[bytes] | None = None
    try:
        # A signal between the start and the note of it would leave a process that nobody ends.
        with shielded():
            process = subprocess.Popen(
                [sys.executable, "-m", "tuning.benchmark.worker", str(os.getpid()), *argv],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=_environment(bf16),
                # Ctrl-C is for us, who then end it; not for both at the same time.
                start_new_session=True,
            )  # fmt: skip
        yield process
    finally:
        if process is not None:
            child.kill(process)
            process.stdout.close()


def _environment(bf16: str | None) -> dict[str, str]:
    variables = child.python_environment()
    # As a server runs: TensorFlow turns oneDNN on by itself on some processors only.
    variables.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    if bf16 is not None:
        mode = fast_math.ON if bf16 == "on" else fast_math.OFF
        variables = {name: value for name, value in {**variables, **mode}.items() if value is not None}
    return variables


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
