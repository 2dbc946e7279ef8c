"""A simulated box behind a real Unix socket: the console in another process talks to it as to any daemon."""

from __future__ import annotations

import socketserver
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Thread

import httpx

from aana_tui.demo.box import SimulatedBox
from aana_tui.demo.transport import SimulatedTransport

Rewrite = Callable[[bytes, str], bytes]
"""Changes a piece of an answer; it takes the media type too."""


@contextmanager
def served(box: SimulatedBox, rewrite: Rewrite = lambda piece, _: piece) -> Iterator[str]:
    """The context (``unix://…``) under which the box answers."""
    with tempfile.TemporaryDirectory(prefix="aana-served-", dir="/tmp") as folder:
        path = Path(folder) / "aanad.sock"
        server = _Server(path, box, rewrite)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"unix://{path}"
        finally:
            box.close()
            server.shutdown()
            server.server_close()
            thread.join()


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, path: Path, box: SimulatedBox, rewrite: Rewrite) -> None:
        super().__init__(str(path), _Handler)
        self.box = box
        self.rewrite = rewrite


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        """Hand it to the simulated transport, and its answer on as it comes."""
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        request = httpx.Request(self.command, f"http://localhost{self.path}", headers=dict(self.headers), content=body)
        transport = SimulatedTransport(self.server.box)
        with suppress(httpx.TransportError, BrokenPipeError, ConnectionResetError):
            try:
                response = transport.handle_request(request)
                self._answer(response)
            finally:
                self.close_connection = True

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - the parent's names

    def _answer(self, response: httpx.Response) -> None:
        media_type = response.headers.get("content-type", "")
        self.send_response(response.status_code)
        for name, value in response.headers.items():
            if name not in {"content-length", "transfer-encoding"}:
                self.send_header(name, value)
        self.send_header("connection", "close")
        self.end_headers()
        for piece in response.iter_bytes():
            self.wfile.write(self.server.rewrite(piece, media_type))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
        """Say nothing."""

    def address_string(self) -> str:
        """A Unix socket's peer has none."""
        return "local"


def main() -> None:
    """Serve a box until stdin ends: ``python -m tests.tui.serving REPLICAS PACE LOG_LINES_A_SECOND``."""
    from tests.tui.loads import chatter, ticking

    replicas, pace, lines = (int(word) for word in sys.argv[1:4])
    box = SimulatedBox(replicas=replicas)
    slices = 20
    with (
        served(box) as context,
        ticking(box.tick, 1 / pace if pace else 1e9),
        ticking(lambda: chatter(box, lines // slices) if lines else None, 1 / slices),
    ):
        print(context, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
