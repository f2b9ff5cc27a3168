"""Entry: reads the flags, opens the port, serves in this process or in several."""

from __future__ import annotations

import importlib.util
import logging
import os
import signal
import sys

from . import arguments, listener, logs


def main(argv: list[str]) -> int:
    given = arguments.parse(argv)
    logs.configure()
    # Until the server takes over: nothing is in flight yet.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    log = logging.getLogger("model_server")
    if importlib.util.find_spec("tensorflow") is None:
        log.error("TensorFlow is not installed in %s", sys.prefix)
        return 1
    if not os.path.isdir(given.model_base_path):  # noqa: PTH112 - the path is a string in messages too
        log.error("model base path %s does not exist or is no folder", given.model_base_path)
        return 1
    try:
        port = listener.open_listener(given.address, given.rest_api_port)
    except listener.CannotListen as error:
        log.error("%s", error)
        return 1
    log.info(
        "listening on %s port %d for model %s in %s; processes %d, intra-op %d, inter-op %d, "
        "predictions at once %d",
        given.address, given.rest_api_port, given.model_name, given.model_base_path, given.processes,
        given.intra_op_threads, given.inter_op_threads, given.rest_api_num_threads,
    )  # fmt: skip
    if given.batching is not None:
        log.info("batching as %s", given.batching)
    if given.processes > 1:
        from . import processes

        return processes.serve(given, port)
    from . import worker
    from .acceptor import Shares
    from .peers import Peers

    return worker.serve(given, port, Peers(None), Shares())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
