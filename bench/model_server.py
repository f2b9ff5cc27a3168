"""The model server's throughput and latency against the same model called in its own process.

Run with the project's virtual environment: `.venv/bin/python bench/model_server.py [--model DIR]`. Prints one
JSON object on stdout, progress on stderr.

What is measured: the demo model (one second-long piece of audio in, 75,680 numbers out), loaded by the same
loader with the same thread pools (intra-op = CPUs, inter-op = 1) on both sides, and the same number of
concurrent callers, each sending its next request when it has the answer to the last one.

* in process: threads call the session's callable with a NumPy array and take NumPy arrays back. No JSON.
* server: a client in a process of its own posts a prebuilt row-form JSON body (0.9 MB, as NumPy's tolist
  prints a float32) over kept-alive loopback connections, and reads the answer (0.8 MB of JSON) to its end
  without parsing it. The client's own CPU time is taken from the same machine.

Both sides are loaded before the first measurement and sit idle while the other one is measured. They take
turns, so that a slow minute of the machine hits both; a figure is the median over the pairs. With two
processes, in-process means two processes as well, and the callers are shared out among them.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import socket
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from served_model import CPUS, DEMO_MODEL, PACKAGE, served_model

_SAMPLE_RATE, _SAMPLES, _TONE_HZ = 22050, 43844, 440.0


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _tone():
    import numpy as np

    seconds = np.arange(_SAMPLES) / _SAMPLE_RATE
    return np.sin(2 * np.pi * _TONE_HZ * seconds).astype(np.float32)[None, :, None]


def _closed_loop(calls: list[Callable[[], None]], seconds: float) -> list[float]:
    """Latencies in seconds of callers that each wait for the answer before they call again."""
    latencies: list[float] = []
    end = time.perf_counter() + seconds

    def run(call: Callable[[], None]) -> None:
        now = time.perf_counter()
        while now < end:
            call()
            before, now = now, time.perf_counter()
            latencies.append(now - before)

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return latencies


def _in_process_caller(pipe, model: str, callers: int) -> None:
    sys.path.insert(0, str(PACKAGE))
    from model_server import loader

    call = loader.load(1, Path(model, "1"), CPUS, 1, False).signature("").call
    tone = _tone()
    call(tone)
    pipe.send("ready")
    while (seconds := pipe.recv()) is not None:
        pipe.send(_closed_loop([lambda: call(tone)] * callers, seconds))


def _http_caller(pipe, port: int, callers: int) -> None:
    body = json.dumps({"instances": _tone().tolist()}, separators=(",", ":")).encode()
    request = (
        b"POST /v1/models/demo:predict HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
    )
    # Other connections each time: which process accepts one is the kernel's choice.
    pipe.send("ready")
    while (seconds := pipe.recv()) is not None:
        with contextlib.ExitStack() as stack:
            connections = [
                stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(callers)
            ]
            pipe.send(_closed_loop([_poster(connection, request) for connection in connections], seconds))


def _poster(connection: socket.socket, request: bytes) -> Callable[[], None]:
    buffer = bytearray(4 << 20)
    view = memoryview(buffer)

    def post() -> None:
        connection.sendall(request)
        size = connection.recv_into(view)
        while (head := buffer.find(b"\r\n\r\n", 0, size)) < 0:
            size += connection.recv_into(view[size:])
        fields = bytes(buffer[:head]).lower()
        if not fields.startswith(b"http/1.1 200"):
            raise RuntimeError(f"the server answered {bytes(buffer[:size])[:300]!r}")
        whole = head + 4 + int(fields.split(b"content-length:")[1].split(b"\r\n")[0])
        while size < whole:
            size += connection.recv_into(view[size:])

    return post


@contextlib.contextmanager
def _callers(target, arguments: list[tuple]) -> Iterator[Callable[[float], list[float]]]:
    """Processes that all run for the given seconds when called, and give their latencies."""
    context = multiprocessing.get_context("spawn")
    pipes, processes = [], []
    for given in arguments:
        ours, theirs = context.Pipe()
        processes.append(context.Process(target=target, args=(theirs, *given), daemon=True))
        processes[-1].start()
        # Else a process that died would leave this one waiting for its word.
        theirs.close()
        pipes.append(ours)
    for pipe in pipes:
        pipe.recv()

    def run(seconds: float) -> list[float]:
        for pipe in pipes:
            pipe.send(seconds)
        return [latency for pipe in pipes for latency in pipe.recv()]

    try:
        yield run
    finally:
        for pipe, process in zip(pipes, processes, strict=True):
            with contextlib.suppress(OSError):
                pipe.send(None)
            process.join(10)


def _figures(latencies: list[float], seconds: float) -> dict[str, float]:
    return {
        "requestsPerSecond": len(latencies) / seconds,
        "p99Milliseconds": statistics.quantiles(latencies, n=100, method="inclusive")[98] * 1e3,
    }


def _median(runs: list[dict[str, float]]) -> dict[str, float]:
    return {key: round(statistics.median(run[key] for run in runs), 2) for key in runs[0]}


def measure(model: str, processes: int, callers: int, pairs: int, seconds: float) -> dict:
    shares = [callers // processes] * processes
    in_process = _callers(_in_process_caller, [(model, share) for share in shares])
    with (
        in_process as call,
        served_model(model, processes) as (port, _),
        _callers(_http_caller, [(port, callers)]) as post,
    ):
        for warm in (call, post):
            warm(1.0)
        runs = {"inProcess": [], "server": []}
        for pair in range(pairs):
            # Each second pair the other way round, so that neither side always follows the other.
            order = [("inProcess", call), ("server", post)][:: 1 if pair % 2 == 0 else -1]
            for name, run in order:
                begin = time.perf_counter()
                latencies = run(seconds)
                runs[name].append(_figures(latencies, time.perf_counter() - begin))
            ratio = runs["server"][-1]["requestsPerSecond"] / runs["inProcess"][-1]["requestsPerSecond"]
            _say(f"processes {processes}, pair {pair + 1} of {pairs}: {ratio:.0%}")
    ratios = [
        server["requestsPerSecond"] / alone["requestsPerSecond"]
        for server, alone in zip(runs["server"], runs["inProcess"], strict=True)
    ]
    return {
        "processes": processes,
        "server": _median(runs["server"]),
        "inProcess": _median(runs["inProcess"]),
        "throughputRatio": round(statistics.median(ratios), 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--model", default=DEMO_MODEL, help="base path of the demo model"
    )
    parser.add_argument("--callers", type=int, default=4, help="concurrent callers on each side (default 4)")
    parser.add_argument("--pairs", type=int, default=5, help="interleaved pairs (default 5)")
    parser.add_argument("--seconds", type=float, default=3.0, help="length of one measurement (default 3)")
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2], help="default 1 2")
    given = parser.parse_args()
    if not Path(given.model, "1", "saved_model.pb").exists():
        raise SystemExit(f"no model in {given.model}: prepare it with `node setup/prepare.mjs demo-model`")
    results = [
        measure(given.model, processes, given.callers, given.pairs, given.seconds)
        for processes in given.processes
    ]
    print(json.dumps({"cpus": CPUS, "callers": given.callers, "seconds": given.seconds, "results": results}))


if __name__ == "__main__":
    main()
