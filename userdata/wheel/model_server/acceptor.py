"""Takes connections from a listening socket that several processes share, so that each gets its share.

Left to the kernel and the event loop, the process that wakes first takes every connection that waits, and
a client's few kept-alive connections all end in one process. Here a process takes one connection at a time,
and waits a little before it does, longer the more it has: those with fewer come first.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable

import uvicorn

_STEP_SECONDS = 0.002
_MOST_SECONDS = 0.02


class Acceptor:
    """In the place of the asyncio.Server that uvicorn would close."""

    def __init__(
        self, listener: socket.socket, protocol: Callable[[], asyncio.Protocol], count: Callable[[], int]
    ):
        """count: of the connections this process has."""
        self._listener = listener
        self._protocol = protocol
        self._count = count
        self._loop = asyncio.get_running_loop()
        self._waiting: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task] = set()
        self._listen()

    def close(self) -> None:
        self._loop.remove_reader(self._listener)
        if self._waiting is not None:
            self._waiting.cancel()

    async def wait_closed(self) -> None:
        """Nothing is left to wait for: uvicorn itself waits for the connections."""

    def _listen(self) -> None:
        self._waiting = None
        self._loop.add_reader(self._listener, self._connection_waits)

    def _connection_waits(self) -> None:
        self._loop.remove_reader(self._listener)
        delay = min(self._count() * _STEP_SECONDS, _MOST_SECONDS)
        self._waiting = self._loop.call_later(delay, self._accept)

    def _accept(self) -> None:
        # Another process may have been quicker; an aborted connection is nobody's; without a free descriptor
        # the connection waits in the queue.
        with contextlib.suppress(OSError):
            connection, _ = self._listener.accept()
            connection.setblocking(False)
            task = self._loop.create_task(self._serve(connection))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        self._listen()

    async def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            await self._loop.connect_accepted_socket(self._protocol, connection)


class SharingServer(uvicorn.Server):
    """uvicorn on a shared socket, without signal handlers of its own."""

    def capture_signals(self):
        # uvicorn's own handler ends the process by the signal after the drain; ours exits with status 0.
        return contextlib.nullcontext()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await self.lifespan.startup()
        state, config = self.server_state, self.config

        def protocol() -> asyncio.Protocol:
            return config.http_protocol_class(
                config=config, server_state=state, app_state=self.lifespan.state
            )

        self.servers = [
            Acceptor(listener, protocol, lambda: len(state.connections)) for listener in sockets or []
        ]
        self.started = True
