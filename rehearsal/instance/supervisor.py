#!/usr/bin/env python3
"""Stands in for systemctl on the rehearsed instance, an ordinary user's folder (GTF_ROOT).

    supervisor.py serve            the daemon: runs the units until SIGTERM, or until its parent is gone
    supervisor.py VERB [ARG ...]   daemon-reload, enable, start, restart, stop, is-active, show, logs, …

It reads the very unit files that the boot installed under $GTF_ROOT/etc/systemd/system.
"""

import asyncio
import json
import os
import signal
import socket
import sys
from pathlib import Path

from units.manager import Manager, VerbError

SOCKET = "supervisor.sock"


def enter_run_folder(root: Path) -> None:
    """Both ends name the socket relatively: its path may have 107 bytes, which a folder can exceed."""
    folder = root / "run"
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    os.chdir(folder)


async def answer(manager: Manager, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    request = json.loads(await reader.readline())
    try:
        code, text = await manager.verb(request[0], request[1:])
        reply = {"code": code, "stdout": text, "stderr": ""}
    except VerbError as error:
        reply = {"code": error.code, "stdout": "", "stderr": f"{error}\n"}
    except Exception as error:  # noqa: BLE001 (a unit's mistake must not take the daemon with it)
        reply = {"code": 1, "stdout": "", "stderr": f"{type(error).__name__}: {error}\n"}
    writer.write(json.dumps(reply).encode())
    await writer.drain()
    writer.close()


async def serve(root: Path) -> int:
    parent = os.getppid()
    manager = Manager(root)
    enter_run_folder(root)
    Path(SOCKET).unlink(missing_ok=True)
    server = await asyncio.start_unix_server(lambda r, w: answer(manager, r, w), SOCKET)
    os.chdir("/")
    ended = asyncio.Event()
    for wanted in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(wanted, ended.set)
    print("ready", flush=True)
    while not ended.is_set() and os.getppid() == parent:
        try:
            await asyncio.wait_for(ended.wait(), 0.5)
        except asyncio.TimeoutError:  # noqa: UP041 (its own class in Python 3.10)
            continue
    server.close()
    await manager.stop_all()
    return 0


def ask(root: Path, words: list[str]) -> int:
    enter_run_folder(root)
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(SOCKET)
        except (FileNotFoundError, ConnectionRefusedError):
            print(f"no supervisor serves {root}: start `supervisor.py serve` first", file=sys.stderr)
            return 1
        connection.sendall(json.dumps(words).encode() + b"\n")
        with connection.makefile() as stream:
            text = stream.read()
    if not text:
        print("the supervisor ended before it answered", file=sys.stderr)
        return 1
    reply = json.loads(text)
    sys.stdout.write(reply["stdout"])
    sys.stderr.write(reply["stderr"])
    return reply["code"]


def main(words: list[str]) -> int:
    root = os.environ.get("GTF_ROOT", "")
    if not root.startswith("/"):
        print("GTF_ROOT must name the rehearsed instance's folder, as an absolute path", file=sys.stderr)
        return 2
    if not words:
        print(__doc__, file=sys.stderr)
        return 2
    return asyncio.run(serve(Path(root))) if words == ["serve"] else ask(Path(root), words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
