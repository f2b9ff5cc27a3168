"""Start the embedded AWS: `python -m rehearsal.aws [--port 0] [--verbose]`.

Prints one JSON line when it answers, then serves until SIGTERM, SIGINT or the end of its parent.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import warnings

from . import lifetime


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m rehearsal.aws", description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=0, help="port on loopback; 0 takes a free one")
    parser.add_argument("--region", default="us-west-2", help="the region announced to the caller")
    parser.add_argument("--verbose", action="store_true", help="log every request to stderr")
    arguments = parser.parse_args()
    logging.basicConfig(stream=sys.stderr, level=logging.INFO if arguments.verbose else logging.ERROR)
    if not arguments.verbose:
        warnings.simplefilter("ignore")

    _forget_the_callers_aws()

    # After the arguments: moto takes a second or two to import, and --help needs none of it.
    from . import server

    running = server.make(arguments.port, arguments.region, arguments.verbose)
    lifetime.end_with_parent(running.shutdown)
    # localhost, not the address: S3 clients put the bucket in front of it, and a.127.0.0.1 is no name.
    ready = {
        "endpoint": f"http://localhost:{running.server_port}",
        "account": server.ACCOUNT,
        "region": arguments.region,
    }
    print(json.dumps(ready), flush=True)
    running.serve_forever()
    running.server_close()


def _forget_the_callers_aws() -> None:
    """The emulator calls itself with botocore, which must see no profile or proxy of the caller's."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull)
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost"


if __name__ == "__main__":
    main()
