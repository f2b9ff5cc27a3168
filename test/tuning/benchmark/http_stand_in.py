"""An HTTP server whose answers a test decides: the errors that a healthy model server never gives."""

from __future__ import annotations

import contextlib
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

OUTPUTS = (200, {"outputs": [[1.0, 1.0, 1.0]]})
Answer = Callable[[int, dict], tuple[int, object]]
"""From the number of the request, counted from 0, and its body: status, and a body of JSON or text."""


@contextlib.contextmanager
def answering(answer: Answer, certificate: tuple[str, str] | None = None) -> Iterator[tuple[int, list[dict]]]:
    """The port, and the requests that came: path, body and number of their connection."""
    came: list[dict] = []
    lock = threading.Lock()
    connections = iter(range(10**6))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Else its head waits for the client's delayed acknowledgement before the body follows.
        disable_nagle_algorithm = True

        def setup(self) -> None:
            super().setup()
            self.number = next(connections)

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                count = len(came)
                came.append({"path": self.path, "body": body, "connection": self.number})
            status, document = answer(count, body)
            data = document.encode() if isinstance(document, str) else json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Nothing on standard error."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    # A client that was killed is no error here.
    server.handle_error = lambda *_: None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1], came
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
