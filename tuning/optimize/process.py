"""Processes that hold TensorFlow for us, so that this one can end at once, and measure nothing but them."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from .. import child
from ..cancellation import shielded
from ..refusal import Refusal

ROOT = Path(__file__).resolve().parents[2]


class Worker:
    """One process of tuning.optimize.worker: answers one command after the other."""

    def __init__(self, process: subprocess.Popen[bytes], replies: IO[bytes]) -> None:
        self._process = process
        self._replies = child.Lines(process, replies)

    def ask(self, command: str, on_progress: Callable[[Any], None] = lambda _: None, **arguments: Any) -> Any:
        """The command's result. Raises Refusal with the worker's sentence, or one of ours if it died, and
        OSError with what the operating system told the worker."""
        words = json.dumps({"command": command, **arguments}, default=str)
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(words.encode() + b"\n")
            self._process.stdin.flush()
        for line in self._replies:
            reply = json.loads(line)
            if "progress" in reply:
                on_progress(reply["progress"])
            elif "refusal" in reply:
                raise Refusal(reply["refusal"])
            elif "failure" in reply:
                raise OSError(*reply["failure"])
            else:
                return reply["result"]
        raise Refusal(child.end_of(f"The process for '{command}'", child.exit_code(self._process)))


@contextlib.contextmanager
def worker(environment: Mapping[str, str | None], stdout: Path | None = None) -> Iterator[Worker]:
    """environment: changes to ours, None takes a variable out. stdout: a file for what TensorFlow and oneDNN
    print there; standard error takes it without one. However the block ends, the process has ended too.
    """
    variables = child.python_environment()
    for name, value in environment.items():
        variables.pop(name, None)
        if value is not None:
            variables[name] = value
    with contextlib.ExitStack() as stack:
        # A signal between the start and the note of it would leave a process that nobody ends.
        with shielded():
            readable, writable = os.pipe()
            replies = stack.enter_context(os.fdopen(readable, "rb", buffering=0))
            try:
                output = stdout.open("wb") if stdout else contextlib.nullcontext(2)
                with output as target:
                    process = subprocess.Popen(
                        [sys.executable, "-m", "tuning.optimize.worker", str(os.getpid()), str(writable)],
                        stdin=subprocess.PIPE,
                        stdout=target,
                        pass_fds=(writable,),
                        env=variables,
                        # Ctrl-C is for us, who then end it; not for both at the same time.
                        start_new_session=True,
                    )
            finally:
                os.close(writable)
            stack.callback(_kill, process)
        yield Worker(process, replies)


def _kill(process: subprocess.Popen[bytes]) -> None:
    with shielded():
        child.kill(process)
        with contextlib.suppress(OSError):
            process.stdin.close()
