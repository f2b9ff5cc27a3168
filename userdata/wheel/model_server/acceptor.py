"""Takes connections from a listening socket that several processes share, so that each gets its share.

Left to the kernel and the event loop, the process that wakes first takes every connection that waits, and
a client's few kept-alive connections all end in one process. Here each process takes one connection at a
time, tells the others how many it has, and lets those with fewer go first.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, MutableSequence

import uvicorn

# How long one with more connections waits for one with fewer, which may be busy or still starting.
_STEP_SECONDS = 0.002
_MOST_SECONDS = 0.02


class Shares:
    """How many connections each process has; this one's is at the index."""

    def __init__(self, counts: MutableSequence[int] | None = None, index: int = 0):
        """counts: memory that the processes share. None: this process is alone."""
        self._counts = [0] if counts is None else counts
        self._index = index

    def publish(self, count: int) -> None:
        self._counts[self._index] = count

    def surplus(self) -> int:
        """How many more this process has than the one with the fewest."""
        return self._counts[self._index] - min(self._counts)


class Acceptor:
    """In the place of the asyncio.Server that uvicorn would close."""

    def __init__(
        self,
        listener: socket.socket,
        protocol: Callable[[], asyncio.Protocol],
        open_connections: Callable[[], int],
        shares: Shares,
    ):
        self._listener = listener
        self._protocol = protocol
        self._open_connections = open_connections
        self._shares = shares
        self._loop = asyncio.get_running_loop()
        self._waiting: asyncio.TimerHandle | None = None
        self._opening: set[asyncio.Task] = set()
        self._listen()

    def close(self) -> None:
        self._loop.remove_reader(self._listener)
        if self._waiting is not None:
            self._waiting.cancel()

    async def wait_closed(self) -> None:
        """Nothing is left to wait for: uvicorn itself waits for the connections."""

    def publish(self) -> None:
        self._shares.publish(self._open_connections() + len(self._opening))

    def _listen(self) -> None:
        self._waiting = None
        self._loop.add_reader(self._listener, self._connection_waits)

    def _connection_waits(self) -> None:
        self.publish()
        surplus = self._shares.surplus()
        if surplus == 0:
            self._accept()
            return
        self._loop.remove_reader(self._listener)
        self._waiting = self._loop.call_later(min(surplus * _STEP_SECONDS, _MOST_SECONDS), self._accept_late)

    def _accept_late(self) -> None:
        self._accept()
        self._listen()

    def _accept(self) -> None:
        # Another process may have been quicker; an aborted connection is nobody's.
        with contextlib.suppress(OSError):
            connection, _ = self._listener.accept()
            connection.setblocking(False)
            task = self._loop.create_task(self._open(connection))
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)
            self.publish()

    async def _open(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            await self._loop.connect_accepted_socket(self._protocol, connection)


class SharingServer(uvicorn.Server):
    """uvicorn on a shared socket, without signal handlers of its own."""

    def __init__(self, config: uvicorn.Config, shares: Shares):
        super().__init__(config)
        self._shares = shares

    def capture_signals(self):
        # uvicorn's own would close the socket at once, and raise the signal again after the drain.
        return contextlib.nullcontext()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await self.lifespan.startup()
        state, config = self.server_state, self.config

        def protocol() -> asyncio.Protocol:
            return config.http_protocol_class(
                config=config, server_state=state, app_state=self.lifespan.state
            )

        self.servers = [
            Acceptor(listener, protocol, lambda: len(state.connections), self._shares)
            for listener in sockets or []
        ]
        self.started = True

    async def on_tick(self, counter: int) -> bool:
        # uvicorn calls it ten times a second: connections that were closed are noticed here.
        for acceptor in self.servers:
            acceptor.publish()
        return await super().on_tick(counter)
