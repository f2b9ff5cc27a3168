"""The instance metadata service (IMDSv2) of one instance, on loopback.

    python -m rehearsal.aws.imds --endpoint URL --instance-id ID [--port 0]

Prints one JSON line when it answers, then serves until SIGTERM, SIGINT or the end of its parent. SDKs and
the AWS CLI find it through AWS_EC2_METADATA_SERVICE_ENDPOINT. What it answers comes from the embedded AWS,
whose instance it is; only the session tokens are its own. There is no IMDSv1: a GET without a token is 401.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
"""

from __future__ import annotations

import argparse
import json
import re
import secrets
import sys
import time
import urllib.error
import urllib.request
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote

from . import lifetime

ADDRESS = "127.0.0.1"
LONGEST_TOKEN_SECONDS = 21_600
TTL_HEADER = "X-aws-ec2-metadata-token-ttl-seconds"
TOKEN_HEADER = "X-aws-ec2-metadata-token"  # noqa: S105 -- a header's name
TIMEOUT_SECONDS = 10


class MetadataService(ThreadingHTTPServer):
    """The service, and the tokens it has given out."""

    daemon_threads = True

    def __init__(self, port: int, aws: str, instance_id: str, verbose: bool = False):
        super().__init__((ADDRESS, port), _Handler)
        self.source = f"{aws.rstrip('/')}/embedded-aws/instances/{instance_id}"
        # Loopback is reached through no one's proxy.
        self.direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self.verbose = verbose
        self.ends: dict[str, float] = {}

    def new_token(self, seconds: int) -> str:
        token = secrets.token_urlsafe(40)
        self.ends[token] = time.monotonic() + seconds
        return token

    def knows(self, token: str | None) -> bool:
        return self.ends.get(token or "", 0) > time.monotonic()

    def fetch(self, path: str) -> tuple[int, str]:
        """What the embedded AWS answers for this instance."""
        try:
            with self.direct.open(f"{self.source}/{quote(path)}", timeout=TIMEOUT_SECONDS) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


class _Handler(BaseHTTPRequestHandler):
    server: MetadataService

    def do_PUT(self) -> None:
        if self.path != "/latest/api/token":
            return self._reply(HTTPStatus.NOT_FOUND)
        ttl = self.headers.get(TTL_HEADER, "")
        if not re.fullmatch(r"\d{1,5}", ttl) or not 1 <= int(ttl) <= LONGEST_TOKEN_SECONDS:
            return self._reply(HTTPStatus.BAD_REQUEST)
        return self._reply(HTTPStatus.OK, self.server.new_token(int(ttl)), {TTL_HEADER: ttl})

    def do_GET(self) -> None:
        if not self.server.knows(self.headers.get(TOKEN_HEADER)):
            return self._reply(HTTPStatus.UNAUTHORIZED)
        if not self.path.startswith("/latest/"):
            return self._reply(HTTPStatus.NOT_FOUND)
        try:
            return self._reply(*self.server.fetch(self.path.removeprefix("/latest/")))
        except OSError as error:
            print(f"The embedded AWS does not answer: {error}", file=sys.stderr)
            return self._reply(HTTPStatus.SERVICE_UNAVAILABLE)

    def _reply(self, status: int, text: str = "", headers: dict[str, str] | None = None) -> None:
        body = text.encode()
        self.send_response(status)
        for name, value in {"Content-Type": "text/plain", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        if self.server.verbose:
            super().log_message(format, *args)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m rehearsal.aws.imds", description=__doc__.splitlines()[0])
    parser.add_argument("--endpoint", required=True, help="the embedded AWS")
    parser.add_argument("--instance-id", required=True, help="whose metadata it is")
    parser.add_argument("--port", type=int, default=0, help="port on loopback; 0 takes a free one")
    parser.add_argument("--verbose", action="store_true", help="log every request to stderr")
    arguments = parser.parse_args()
    service = MetadataService(arguments.port, arguments.endpoint, arguments.instance_id, arguments.verbose)
    try:
        status, _ = service.fetch("meta-data/instance-id")
    except OSError as error:
        parser.error(f"--endpoint: {arguments.endpoint} does not answer: {error}")
    if status != HTTPStatus.OK:
        parser.error(f"--instance-id: the embedded AWS has no running instance {arguments.instance_id}")
    lifetime.end_with_parent(service.shutdown)
    print(json.dumps({"endpoint": f"http://{ADDRESS}:{service.server_port}"}), flush=True)
    service.serve_forever()
    service.server_close()


if __name__ == "__main__":
    main()
