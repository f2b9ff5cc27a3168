"""The process that holds TensorFlow: obeys commands from standard input, a JSON object a line.

    python -m tuning.optimize.worker PARENT REPLY_DESCRIPTOR

A reply is {"result": …}, {"refusal": "one sentence."} or {"failure": [errno, text, file]} of the operating
system, with {"progress": …} lines before it. Standard
output is left to oneDNN, whose verbose log goes there.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import IO, Any

from .. import child
from ..refusal import Refusal


def claim(replies: int) -> tuple[IO[str], IO[str]]:
    """Standard input, and the replies' end of their pipe, for us alone: a program that TensorFlow or the
    interpreter starts would else read our commands, or hold the pipe open when we are gone."""
    commands = os.fdopen(os.dup(0), encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.set_inheritable(replies, False)
    return commands, os.fdopen(replies, "w", encoding="utf-8")


def obey(commands: Mapping[str, Callable[..., Any]], lines: IO[str], stream: IO[str]) -> None:

    def reply(kind: str, value: Any) -> None:
        stream.write(json.dumps({kind: value}, default=str) + "\n")
        stream.flush()

    for line in lines:
        arguments = json.loads(line)
        try:
            command = commands[arguments.pop("command")]
            reply("result", command(tell=lambda value: reply("progress", value), **arguments))
        except Refusal as refused:
            reply("refusal", str(refused))
        except OSError as error:
            reply("failure", [error.errno, error.strerror or str(error), error.filename])
        except Exception as error:
            # A bug, or a model that TensorFlow objects to in a way nobody foresaw: the trace is for us.
            sys.excepthook(*sys.exc_info())
            first = str(error).strip().split("\n")[0].rstrip(".")[:300]
            if os.strerror(errno.ENOSPC) in str(error):
                reply("failure", [errno.ENOSPC, os.strerror(errno.ENOSPC), None])
            else:
                reply("refusal", f"TensorFlow could not go on: {first or type(error).__name__}.")


def main() -> None:
    child.end_with(int(sys.argv[1]))
    lines, stream = claim(int(sys.argv[2]))

    from .asked_model import AskedModel
    from .candidate import Candidate

    candidate, asked = Candidate(), AskedModel()
    flush = ctypes.CDLL(None).fflush

    def printed(tell: Any) -> int:
        """Bytes on standard output, a file, by now."""
        flush(None)
        return os.fstat(1).st_size

    obey(
        {
            # Whoever measures one process waits until the others have started as well.
            "ready": lambda tell: None,
            "printed": printed,
            "locate": candidate.locate,
            "ask_original": candidate.ask_original,
            "optimize": candidate.optimize,
            "judge": candidate.judge,
            "load": asked.load,
            "warm_up": asked.warm_up,
            "answer": asked.answer,
            "compare": asked.compare,
            "measure": asked.measure,
        },
        lines,
        stream,
    )
    # TensorFlow's own clean-up may take seconds and changes nothing; oneDNN's last lines must be out.
    flush(None)
    os._exit(0)


if __name__ == "__main__":
    main()
