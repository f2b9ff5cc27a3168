"""The listening socket, opened before anything slow so that a taken port is known at once."""

from __future__ import annotations

import errno
import socket

_BACKLOG = 1024


class CannotListen(Exception):
    """One sentence: which address, and why not."""


def open_listener(address: str, port: int) -> socket.socket:
    """Bound by one process and inherited by the others: the kernel then refuses a second server on the port,
    and a process that dies takes no waiting connection with it (SO_REUSEPORT has neither property)."""
    listener = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        taken = error.errno == errno.EADDRINUSE
        reason = "the port is already taken" if taken else error.strerror or str(error)
        raise CannotListen(f"cannot listen on {address} port {port}: {reason}") from None
    listener.setblocking(False)
    return listener
