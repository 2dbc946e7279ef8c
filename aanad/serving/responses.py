"""Sending answers: one value, a stream, a problem."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aanad.wire.problems import MEDIA_TYPE

if TYPE_CHECKING:
    from aanad.serving.asgi import Send
    from aanad.wire.problems import Problem

JSON = b"application/json"
NDJSON = b"application/x-ndjson"
PROBLEM = MEDIA_TYPE.encode()


async def send_bytes(
    send: Send, status: int, media_type: bytes, body: bytes, headers: tuple[tuple[bytes, bytes], ...] = ()
) -> None:
    """Send a complete answer."""
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(b"content-type", media_type), (b"content-length", b"%d" % len(body)), *headers],
        }
    )
    await send({"type": "http.response.body", "body": body})


async def send_problem(send: Send, problem: Problem, *, allow: bytes | None = None) -> None:
    """Send a problem with its status."""
    headers = ((b"allow", allow),) if allow else ()
    await send_bytes(send, problem.status, PROBLEM, problem.model_dump_json(exclude_none=True).encode(), headers)


class Chunks:
    """A stream of NDJSON lines, each sent when it is made; headers go out with the first."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.has_begun = False

    async def begin(self) -> None:
        """Send the headers."""
        self.has_begun = True
        await self._send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [(b"content-type", NDJSON), (b"cache-control", b"no-store"), (b"x-accel-buffering", b"no")],
            }
        )

    async def line(self, body: bytes) -> None:
        """Send one line."""
        if not self.has_begun:
            await self.begin()
        await self._send({"type": "http.response.body", "body": body + b"\n", "more_body": True})

    async def end(self, body: bytes = b"") -> None:
        """Send the last line, if any, and end the answer."""
        if not self.has_begun:
            await self.begin()
        await self._send({"type": "http.response.body", "body": body + b"\n" if body else b""})
