# SPDX-License-Identifier: GPL-3.0-or-later
"""A mirror on the loopback interface that can misbehave."""
import http.server
import socket
import threading


class Server(http.server.ThreadingHTTPServer):
    """What a request gets is decided by behave(handler, data): True if it has answered."""
    daemon_threads = True

    def __init__(self, behave=None, data=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.behave = behave
        self.files = data or {}
        self.requests = []  # (path, Range)
        self.bytes_sent = 0
        self.stop = threading.Event()
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def handle_error(self, *_):
        """A client that goes away is what is tested."""

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.shutdown()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.server.requests.append((self.path, self.headers.get("Range")))
        name = self.path.split("/debian/", 1)[-1]
        data = self.server.files.get(name)
        try:
            if self.server.behave and self.server.behave(self, data):
                return
            if data is None:
                self.answer(404, b"no such file")
            else:
                self.send_range(data)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def answer(self, status, body=b"", length=None, **headers):
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.put(body)

    def put(self, body):
        self.wfile.write(body)
        self.wfile.flush()
        self.server.bytes_sent += len(body)

    def offset(self):
        wanted = self.headers.get("Range")
        return int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted else 0

    def send_range(self, data):
        start = self.offset()
        if not start:
            self.answer(200, data)
        elif start >= len(data):
            self.answer(416, b"", Content_Range=f"bytes */{len(data)}")
        else:
            self.answer(206, data[start:], Content_Range=f"bytes {start}-{len(data) - 1}/{len(data)}")

    def cut(self):
        """End the connection at once."""
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)
