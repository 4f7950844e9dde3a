"""An HTTP server on this machine that misbehaves as it is told."""

import io
import re
import socket
import struct
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Answer:
    """What the server says to one request; as it stands, a well-behaved answer with ranges."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    etag: str = '"1"'
    ranges: bool = True  # answers 206 to a Range that fits
    honest: bool = True  # heeds If-Range
    claimed: int | None = None  # the Content-Length, where it lies; -1 for none
    cut: int | None = None  # bytes that are sent before `end`
    end: str = "close"  # close, reset, stall until the test is over, or wait for the server's `gate`
    piece: int = 1 << 20  # bytes that are sent at a time,
    rest: float = 0.0  # with so many seconds between


class Server(ThreadingHTTPServer):
    """Answers by path from `pages`: bytes, a status, an Answer, or a list of those, of which the last one stays."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages, self.asked, self.ranges, self.busy, self.busiest = {}, Counter(), [], 0, 0
        self.lock, self.gate, self.over = threading.Lock(), threading.Event(), threading.Event()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request, client_address):
        """A client that went away is part of the game."""


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        with server.lock:
            server.asked[self.path] += 1
            server.ranges.append(self.headers.get("Range"))
            server.busy += 1
            server.busiest = max(server.busiest, server.busy)
            answer = server.pages.get(self.path, 404)
            if isinstance(answer, list):
                answer = answer.pop(0) if len(answer) > 1 else answer[0]
        try:
            if isinstance(answer, int):
                self.send_error(answer)
            else:
                self.send(answer if isinstance(answer, Answer) else Answer(answer))
        finally:
            with server.lock:
                server.busy -= 1

    def send(self, answer):
        body, status, headers = answer.body, answer.status, {"ETag": answer.etag, **answer.headers}
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        same = not answer.honest or self.headers.get("If-Range") in (None, answer.etag)
        if asked and status == 200 and answer.ranges and same:
            first = int(asked[1])
            if first >= len(body):
                status, headers, body = 416, {"Content-Range": f"bytes */{len(body)}"}, b""
            else:
                status, headers = 206, {"Content-Range": f"bytes {first}-{len(body) - 1}/{len(body)}"} | headers
                body = body[first:]
        self.send_response(status)
        if answer.claimed != -1:
            headers = {"Content-Length": str(len(body) if answer.claimed is None else answer.claimed)} | headers
        for name, value in headers.items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        sent = body if answer.cut is None else body[: answer.cut]
        for start in range(0, len(sent), answer.piece):
            self.wfile.write(sent[start : start + answer.piece])
            if answer.rest:
                time.sleep(answer.rest)
        if len(sent) < len(body):
            self.finish_early(answer.end, body[len(sent) :])

    def finish_early(self, end, rest):
        if end == "stall":
            self.server.over.wait(60)
        elif end == "wait":
            self.server.gate.wait(60)
            self.wfile.write(rest)
        elif end == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

    def log_message(self, *args):
        pass


@contextmanager
def running() -> Iterator[Server]:
    """A server that runs until the end."""
    server = Server()
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield server
    finally:
        server.over.set()
        server.gate.set()
        server.shutdown()
        server.server_close()


def closed_port() -> int:
    """A port where nobody answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def archive(**files: bytes) -> bytes:
    """A zip archive to serve."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as target:
        for name, data in files.items():
            target.writestr(name, data)
    return content.getvalue()
