"""The rig of real servers: a folder and a port for each candidate, and the clients that load them."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tuning.cancellation import shielded
from tuning.refusal import Refusal
from tuning.sweep import environment
from tuning.sweep.clients import Clients
from tuning.sweep.grid import Candidate
from tuning.sweep.servers.server import CannotServe, Server
from tuning.sweep.window import Window

_FIRST_SECONDS = 0.1
_LEAST_WARM_UP_SECONDS = 0.5

Build = Callable[[Path, Candidate], Server]
"""Makes a candidate's server, not started yet, in a folder of its own."""


class ServerRig:
    """Context manager: at its end, however it comes, no server and no folder is left."""

    # The default, the best so far and the one that is tried.
    capacity = 3

    def __init__(
        self, candidates: Sequence[Candidate], build: Build, clients: Clients, window_seconds: float
    ):
        self._candidates = candidates
        self._build = build
        self._clients = clients
        self._warm_up_seconds = max(_LEAST_WARM_UP_SECONDS, window_seconds / 2)
        self._folder: Path | None = None
        self._servers: dict[int, Server] = {}
        self._started = 0
        self.intra_op_threads: dict[int, int] = {}
        """In force, by the candidate's index."""

    def __enter__(self) -> ServerRig:
        with shielded():
            self._folder = Path(tempfile.mkdtemp(prefix="graviton-tf-sweep-"))
        return self

    def __exit__(self, *_: object) -> None:
        with shielded():
            for index in list(self._servers):
                self._end(index)
            if self._folder:
                shutil.rmtree(self._folder, ignore_errors=True)

    def now(self) -> float:
        return time.monotonic()

    def start(self, index: int, limit: float) -> Window:
        """A folder a start: what a server that failed left behind must not meet the next one."""
        free = _free_memory()
        root = self._folder / f"{index}-{self._started}"
        self._started += 1
        root.mkdir()
        try:
            server = self._build(root, self._candidates[index])
        except Refusal as refusal:
            raise CannotServe(str(refusal)) from None
        serving = environment.read_lines(root)
        self.intra_op_threads[index] = int(serving["TENSORFLOW_INTRA_OP_PARALLELISM"])
        with shielded():
            self._servers[index] = server
            server.start()
        server.wait_until_available(limit)
        # A request of each client, in which TensorFlow makes its kernels; then as it will be.
        warm_up = self.measure(index, _FIRST_SECONDS)
        if not warm_up.error:
            warm_up = self.measure(index, self._warm_up_seconds)
        if _free_memory() < 2 * (free - _free_memory()):
            self.capacity = 2
        return warm_up

    def measure(self, index: int, seconds: float) -> Window:
        server = self._servers[index]
        window = self._clients.measure(server.url, seconds)
        # Its last line says more than the client's error.
        server.check()
        return window

    def stop(self, index: int) -> None:
        if index in self._servers:
            self._clients.forget(self._servers[index].url)
            self._end(index)

    def _end(self, index: int) -> None:
        self._servers[index].stop()
        # Not before: a signal that comes meanwhile must still find it.
        del self._servers[index]


def _free_memory() -> int:
    """Bytes that could be had without swapping."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
