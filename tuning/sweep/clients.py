"""The client processes, from the side of whoever steers them."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tuning import child
from tuning.cancellation import shielded
from tuning.refusal import Refusal
from tuning.sweep.window import Window

_CLIENTS_PER_PROCESS = 8


class Clients:
    """Context manager. The requests are those of the file that `prepare` wrote."""

    def __init__(self, requests: Path, clients: int):
        self._clients = clients
        self._requests = requests
        self._processes: list[subprocess.Popen[bytes]] = []
        self._lines: list[child.Lines] = []

    def __enter__(self) -> Clients:
        processes = -(-self._clients // _CLIENTS_PER_PROCESS)
        with shielded():
            for _ in range(processes):
                self._processes.append(
                    subprocess.Popen(
                        [sys.executable, "-m", "tuning.sweep.load", str(self._requests)],
                        stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE,
                        env=child.python_environment(),
                        # It ends with its input, so also when we are killed.
                        start_new_session=True,
                    )
                )
                self._lines.append(child.Lines(self._processes[-1], self._processes[-1].stdout))
        return self

    def __exit__(self, *_: object) -> None:
        with shielded():
            for process in self._processes:
                child.kill(process)
                for stream in (process.stdin, process.stdout):
                    with contextlib.suppress(OSError):
                        stream.close()

    def measure(self, url: str, seconds: float) -> Window:
        """Loads the server for `seconds`."""
        # The first processes get one client more where they do not share evenly.
        count = len(self._processes)
        shares = [(self._clients + index) // count for index in range(count)][::-1]
        for process, share in zip(self._processes, shares, strict=True):
            self._order(process, {"url": url, "clients": share, "seconds": seconds})
        answers = [self._answer(*each) for each in zip(self._processes, self._lines, strict=True)]
        return Window(
            throughput=sum(answer["rate"] for answer in answers),
            latencies=[latency for answer in answers for latency in answer["latencies"]],
            error=next((answer["error"] for answer in answers if answer["error"]), ""),
            busy=max(answer["cpu"] for answer in answers),
        )

    def forget(self, url: str) -> None:
        """Closes the connections to a server that is about to end."""
        for process in self._processes:
            self._order(process, {"url": url, "clients": 0, "forget": True})

    def _order(self, process: subprocess.Popen[bytes], order: dict[str, Any]) -> None:
        try:
            process.stdin.write(json.dumps(order).encode() + b"\n")
            process.stdin.flush()
        except BrokenPipeError:
            raise self._gone(process) from None

    def _answer(self, process: subprocess.Popen[bytes], lines: child.Lines) -> dict[str, Any]:
        for line in lines:
            return json.loads(line)
        raise self._gone(process)

    def _gone(self, process: subprocess.Popen[bytes]) -> Refusal:
        return Refusal(child.end_of("A process of clients", child.exit_code(process)))


def default_clients(vcpus: int) -> int:
    """Enough that each vCPU has a request to compute while another is on its way."""
    return 2 * vcpus
