"""A receiver of webhooks that verifies them with the library of the Standard Webhooks project.

Usage: webhook.py FOLDER tls|plain CERTIFICATE KEY SECRET. Prints its port when it listens. Answers with the first status of
the file `behave`, which it takes away from there, else with 204, and 401 to what it cannot verify. Every request is a
file of the folder.
"""

import http.server
import itertools
import json
import pathlib
import ssl
import sys

from standardwebhooks import Webhook, WebhookVerificationError

folder, mode, certificate, key, secret = pathlib.Path(sys.argv[1]), *sys.argv[2:6]
numbers = itertools.count(1)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            Webhook(secret).verify(body, headers)
            is_verified = True
        except WebhookVerificationError:
            is_verified = False
        status = self.status() if is_verified else 401
        name = f"{next(numbers):03}"
        seen = {"path": self.path, "headers": headers, "raw": body, "is_verified": is_verified, "status": status}
        (folder / f"{name}.new").write_text(json.dumps(seen))
        (folder / f"{name}.new").rename(folder / f"{name}.json")
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def status(self):
        behave = folder / "behave"
        words = behave.read_text().split() if behave.exists() else []
        if not words:
            return 204
        behave.write_text(" ".join(words[1:]))
        return int(words[0])

    def log_message(self, *arguments):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
if mode == "tls":
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()
