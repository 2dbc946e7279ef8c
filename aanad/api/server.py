"""The listener: a Unix socket that only its owner and group may open, and who is at its other end."""

from __future__ import annotations

import asyncio
import contextlib
import pwd
import socket
import struct
from typing import TYPE_CHECKING, Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from aanad.errors import Refused

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.types import ASGIApp, Receive, Scope, Send

BACKLOG = 128
SHUTDOWN_TIMEOUT_S = 3
CUT_AFTER_S = 20
"""How long the end of an answer waits for a reader that was dropped."""
MAX_HEAD_BYTES = 2 * 1024 * 1024
"""Of a request's line and headers: the cursor of a log of thousands of files is long."""


def bind(path: Path) -> socket.socket:
    """Listen on a Unix socket, mode 0660.

    uvicorn would make it 0666, so it is made here; a socket that nobody listens on any more is replaced.

    Raises:
        Refused: another daemon listens there.
    """
    probe = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        probe.connect(str(path))
    except OSError:
        path.unlink(missing_ok=True)
    else:
        raise Refused(
            f"Another aanad listens on {path}.",
            hint="Stop it first, or give this one a runtime_dir and ports of its own.",
            code="already_running",
        )
    finally:
        probe.close()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    path.chmod(0o660)
    listener.listen(BACKLOG)
    return listener


class PeerProtocol(H11Protocol):
    """Puts the user at the other end of the Unix socket into the scope: ``aana.actor`` and ``aana.uid``."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client connected."""
        super().connection_made(transport)
        uid = _peer_uid(transport.get_extra_info("socket"))
        actor = _user_name(uid)
        app: ASGIApp = self.app

        async def with_actor(scope: Scope, receive: Receive, send: Send) -> None:
            scope["aana.actor"] = actor
            scope["aana.uid"] = uid
            scope["aana.cut"] = self.cut
            await app(scope, receive, send)

        self.app = with_actor

    def cut(self, last: bytes) -> None:
        """End an answer whose reader takes in nothing: it finds `last` if it reads on soon, then nothing is kept."""
        for event in (h11.Data(data=last), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.cycle.response_complete = True
        self.transport.close()
        self.loop.call_later(CUT_AFTER_S, self.transport.abort)


def server(app: Any) -> uvicorn.Server:
    """A server that leaves signals and logging to the daemon."""
    config = uvicorn.Config(
        app,
        http=PeerProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=SHUTDOWN_TIMEOUT_S,
        h11_max_incomplete_event_size=MAX_HEAD_BYTES,
    )
    return _QuietServer(config)


class _QuietServer(uvicorn.Server):
    """Does not take over the process's signal handlers; the daemon has its own."""

    def capture_signals(self) -> Any:
        """Nothing to capture."""
        return contextlib.nullcontext()


def _peer_uid(connection: socket.socket) -> int:
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    uid: int = struct.unpack("3i", credentials)[1]
    return uid


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"
