"""In the place of `python -m model_server`: takes its flags, computes nothing, and behaves as it is told.

    model_server_stand_in.py BEHAVIOURS -m model_server --processes=2 …

BEHAVIOURS is a JSON file: the first of its entries whose key is a flag ("--processes=2", or "" for any) says
how: {"seconds": one request takes, one at a time}, {"dies": last line}, {"state": "END", "message": …},
{"status": 500}, {"dies_after": requests}.
"""

import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

behaviours = json.loads(Path(sys.argv[1]).read_text())
flags = sys.argv[2:]
behaviour = next((value for flag, value in behaviours.items() if flag in ["", *flags]), {})
port = next(int(flag.partition("=")[2]) for flag in flags if flag.startswith("--rest_api_port="))
lock = threading.Lock()
answered = 0


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def reply(self, status: int, document: dict) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):  # noqa: N802
        error = {"error_code": "OK", "error_message": behaviour.get("message", "")}
        state = {"version": "1", "state": behaviour.get("state", "AVAILABLE"), "status": error}
        self.reply(200, {"model_version_status": [state]})

    def do_POST(self):  # noqa: N802
        global answered
        self.rfile.read(int(self.headers["Content-Length"]))
        with lock:
            time.sleep(behaviour.get("seconds", 0.002))
            answered += 1
        if answered > behaviour.get("dies_after", 1e9):
            print("the stand-in has had enough", file=sys.stderr, flush=True)
            os._exit(3)
        status = behaviour.get("status", 200)
        self.reply(status, {"outputs": [[1.0]]} if status == 200 else {"error": "as it was told"})

    def log_message(self, *_):
        pass


if "dies" in behaviour:
    print("first line", behaviour["dies"], "", sep="\n", file=sys.stderr)
    sys.exit(1)
Handler.disable_nagle_algorithm = True
ThreadingHTTPServer.daemon_threads = True
ThreadingHTTPServer.request_queue_size = 64
ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
