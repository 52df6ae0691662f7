"""A server between launch and a real registry, which answers some requests itself, or cuts them."""

import http.client
import http.server
import socket
import threading


class Between(http.server.ThreadingHTTPServer):
    """Passes requests on to a registry. `fault(handler)` may answer one itself, and then returns True."""

    daemon_threads = True

    def __init__(self, registry):
        super().__init__(("127.0.0.1", 0), Handler)
        self.registry, self.fault, self.seen, self.lock = registry, lambda handler: False, [], threading.Lock()
        self.counts = {}
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def handle_error(self, *_):
        pass

    def nth(self, key):
        """How often this was asked, from 1."""
        with self.lock:
            self.counts[key] = self.counts.get(key, 0) + 1
            return self.counts[key]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_all(self):
        self.server.seen.append((self.command, self.path, dict(self.headers)))
        self.rest = int(self.headers.get("Content-Length", 0))
        if self.server.fault(self):
            return
        self.pass_on(self.rfile.read(self.rest))

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = handle_all  # noqa: N815 (the base class's names)

    def pass_on(self, body, answer=True):
        upstream = http.client.HTTPConnection(self.server.registry)
        kept = {name: value for name, value in self.headers.items()
                if name.lower() not in ("authorization", "expect", "content-length", "connection", "host")}
        upstream.request(self.command, self.path, body or None, {**kept, "Content-Length": str(len(body))})
        got = upstream.getresponse()
        content = got.read()
        upstream.close()
        if answer:
            headers = {name: value for name, value in got.getheaders() if name.lower() not in ("content-length", "connection", "date")}
            size = got.getheader("Content-Length") if self.command == "HEAD" else str(len(content))
            self.say(got.status, {**headers, "Content-Length": size or "0"}, content)

    def say(self, status, headers, content=b""):
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def refuse(self, status, **headers):
        """Answers without the registry."""
        self.rfile.read(self.rest)
        self.say(status, {name.replace("_", "-"): value for name, value in headers.items()})
        return True

    def cut(self, count):
        """Takes so many bytes of the body, then ends the connection."""
        part = self.rfile.read(min(count, self.rest))
        if part:
            self.pass_on(part, answer=False)
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True
        return True

    def log_message(self, *_):
        pass
