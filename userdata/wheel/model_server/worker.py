"""One process that serves: the HTTP server, the threads that predict, the thread that watches versions."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn
import uvloop

from . import app, logs
from .acceptor import Shares, SharingServer
from .arguments import Arguments
from .manager import VersionManager
from .peers import Peers
from .servable import Servable

if TYPE_CHECKING:
    from .batcher import Batcher

# Longer than a load balancer's idle timeout (60 s), else it sends a request on a connection that is closing.
_KEEP_ALIVE_SECONDS = 75
# Shorter than systemd's default stop timeout (90 s).
_DRAIN_SECONDS = 60
# What is in the accept queue when the signal comes still gets in.
_ACCEPT_GRACE_SECONDS = 0.1
# How long a thread that parses may keep the event loop waiting, at each of a body's dozens of chunks.
_SWITCH_SECONDS = 0.001

_log = logging.getLogger(__name__)


def serve(
    arguments: Arguments, listener: socket.socket, peers: Peers, shares: Shares, parent: int | None = None
) -> int:
    """Serves until SIGTERM or SIGINT, and answers what is in flight first.

    parent: a descriptor that becomes readable when the supervising process is gone.
    """
    logs.configure()
    sys.setswitchinterval(_SWITCH_SECONDS)
    batcher = _batcher(arguments)
    manager = VersionManager(
        arguments.model_name,
        Path(arguments.model_base_path),
        lambda version, path: _load(arguments, version, path, batcher),
        peers,
    )
    executor = ThreadPoolExecutor(arguments.rest_api_num_threads, thread_name_prefix="predict")
    application = app.create(
        manager, executor, arguments.max_body_bytes, arguments.metrics_path, batcher is not None
    )
    server = SharingServer(
        uvicorn.Config(
            application,
            http="httptools",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=_DRAIN_SECONDS,
        ),
        shares,
    )
    # asyncio.Runner would do this from Python 3.11 on.
    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.run_until_complete(_run(server, manager, batcher, listener, parent))
    loop.close()
    if batcher is not None:
        batcher.close()
    executor.shutdown(cancel_futures=True)
    _log.info("stopped")
    return 0


async def _run(
    server: SharingServer,
    manager: VersionManager,
    batcher: Batcher | None,
    listener: socket.socket,
    parent: int | None,
) -> None:
    loop = asyncio.get_running_loop()

    def stop(reason: str) -> None:
        if manager.stopping:
            # Ctrl-C reaches each process, and the supervising one passes it on as well.
            return
        _log.info("stopping: %s; answering what is in flight", reason)
        manager.stop()
        if batcher is not None:
            batcher.drain()
        loop.call_later(_ACCEPT_GRACE_SECONDS, setattr, server, "should_exit", True)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop, signal.Signals(number).name)
    if parent is not None:

        def orphaned() -> None:
            loop.remove_reader(parent)
            stop("the supervising process is gone")

        loop.add_reader(parent, orphaned)
    manager.start()
    await server.serve(sockets=[listener])


def _batcher(arguments: Arguments) -> Batcher | None:
    if arguments.batching is None:
        return None
    # Its metrics are on the page once it is imported.
    from .batcher import Batcher

    return Batcher(arguments.batching)


def _load(arguments: Arguments, version: int, path: Path, batcher: Batcher | None) -> Servable:
    # Imports TensorFlow: in the versions thread, while the server already answers.
    from . import loader

    return loader.load(
        version, path, arguments.intra_op_threads, arguments.inter_op_threads, arguments.warmup, batcher
    )
