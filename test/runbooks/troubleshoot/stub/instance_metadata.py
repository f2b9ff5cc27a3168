"""An instance metadata service of version 2 on loopback; prints its port."""

from http.server import BaseHTTPRequestHandler, HTTPServer

ANSWERS = {
    "/latest/meta-data/instance-id": "i-0123456789abcdef0",
    "/latest/meta-data/instance-type": "c7g.xlarge",
}


class Imds(BaseHTTPRequestHandler):
    def reply(self, code, text):
        self.send_response(code)
        self.end_headers()
        self.wfile.write(text.encode())

    def do_PUT(self):  # noqa: N802
        is_token = self.path == "/latest/api/token" and self.headers["X-aws-ec2-metadata-token-ttl-seconds"]
        self.reply(*((200, "T0KEN") if is_token else (404, "")))

    def do_GET(self):  # noqa: N802
        if self.headers["X-aws-ec2-metadata-token"] != "T0KEN":
            return self.reply(401, "")
        return self.reply(200, ANSWERS[self.path])

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Imds)
print(server.server_port, flush=True)
server.serve_forever()
