"""The fake daemon on a real socket, for a command that runs as a process of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer

import httpx

from tests.client.fake_daemon import FakeDaemon


class _Server(ThreadingMixIn, UnixStreamServer):
    daemon_threads = True

    def __init__(self, path: Path, daemon: FakeDaemon) -> None:
        self.fake = daemon
        super().__init__(str(path), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    # One answer a connection: a server that is stopped then leaves nobody an open one.
    protocol_version = "HTTP/1.0"

    def do_GET(self) -> None:
        """Pass it on."""
        answer = self.server.fake(httpx.Request("GET", f"http://fake{self.path}"))
        self.send_response(answer.status_code)
        self.send_header("content-type", answer.headers["content-type"])
        self.send_header("content-length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    def address_string(self) -> str:
        """A Unix socket's peer has none."""
        return "client"

    def log_message(self, *_: object) -> None:
        """What is asked for is in the fake daemon's list."""


@contextmanager
def served(daemon: FakeDaemon, path: Path) -> Iterator[None]:
    """The daemon listens on a socket until this is left; afterwards the socket is gone."""
    server = _Server(path, daemon)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        path.unlink()
