"""Several serving processes on one port, and the one that watches them."""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import shutil
import signal
import socket
import tempfile
import time
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from . import logs
from .arguments import Arguments
from .peers import Peers, has_started

_RESTART_SECONDS = 1.0

_log = logging.getLogger(__name__)


def serve(arguments: Arguments, listener: socket.socket) -> int:
    """Exit status: 0 when all processes drained after a signal."""
    folder = Path(tempfile.mkdtemp(prefix="model-server-"))
    try:
        (folder / "metrics").mkdir()
        # prometheus_client reads it when a serving process imports it.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder / "metrics")
        return _Supervisor(arguments, listener, folder).run()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _Supervisor:
    def __init__(self, arguments: Arguments, listener: socket.socket, folder: Path):
        self._arguments = arguments
        self._listener = listener
        self._folder = folder
        # TensorFlow does not survive a fork, so each process starts afresh.
        self._context = multiprocessing.get_context("spawn")
        self._connections = self._context.RawArray("i", arguments.processes)
        self._processes: dict[int, BaseProcess] = {}
        self._stopping = False

    def run(self) -> int:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop())
        for index in range(self._arguments.processes):
            self._start(index)
        status = 0
        while self._processes:
            wait([process.sentinel for process in self._processes.values()], timeout=1.0)
            for index, process in list(self._processes.items()):
                if process.exitcode is not None:
                    status = max(status, self._ended(index, process))
        return status

    def _start(self, index: int) -> None:
        process = self._context.Process(
            target=_worker,
            args=(self._arguments, self._listener, self._folder, self._connections, index),
            name=f"serving-{index}",
        )
        process.start()
        self._processes[index] = process
        if self._stopping:
            process.terminate()

    def _ended(self, index: int, process: BaseProcess) -> int:
        """What the process's end adds to the exit status."""
        del self._processes[index]
        if self._stopping:
            # By the signal itself: it came before the process had set its handler.
            return 0 if process.exitcode in (0, -signal.SIGTERM) else 1
        _log.error("process %d ended unexpectedly with status %s", process.pid, process.exitcode)
        if not has_started(self._folder, index):
            # It would fail again: let the service manager see it.
            self._stop()
            return 1
        self._connections[index] = 0
        # The others go on; its versions are no longer waited for.
        self._folder.joinpath(f"versions.{index}.json").unlink(missing_ok=True)
        time.sleep(_RESTART_SECONDS)
        if not self._stopping:
            self._start(index)
        return 0

    def _stop(self) -> None:
        self._stopping = True
        for process in list(self._processes.values()):
            with contextlib.suppress(ProcessLookupError):
                process.terminate()


def _worker(arguments: Arguments, listener: socket.socket, folder: Path, connections, index: int) -> None:
    # In the new process. Imported here so that the supervisor stays small.
    from . import worker
    from .acceptor import Shares

    logs.configure()
    parent = multiprocessing.parent_process()
    shares = Shares(connections, index)
    peers = Peers(folder, index, arguments.processes)
    raise SystemExit(worker.serve(arguments, listener, peers, shares, parent.sentinel if parent else None))
