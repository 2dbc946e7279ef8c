"""Streams: NDJSON, server-sent events and plain bytes; each chunk is sent when it is made.

The headers go out with the first chunk, so that an error before it can still have a status of its own.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, ClassVar

from aanad.sdk.answer_kinds import EVENT_STREAM, NDJSON, AnswerKind

if TYPE_CHECKING:
    from aanad.serving.asgi import Send
    from aanad.wire.problems import Problem

KEEP_ALIVE_S = 15.0
"""Seconds of silence after which an event stream sends a comment, so that nobody in between closes it."""
_UNBUFFERED = ((b"cache-control", b"no-store"), (b"x-accel-buffering", b"no"))


class StreamCut(Exception):
    """A stream of bytes that failed in the middle: the server closes the connection, and the client sees it broken."""


class JsonLines:
    """One JSON document a line."""

    media_type: ClassVar[str] = NDJSON

    def __init__(self, send: Send, media_type: str | None = None) -> None:
        self._send = send
        self._content_type = (media_type or self.media_type).encode("latin-1")
        self.has_begun = False

    async def begin(self) -> None:
        """Send the headers."""
        self.has_begun = True
        headers = [(b"content-type", self._content_type), *_UNBUFFERED]
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})

    async def chunk(self, body: bytes) -> None:
        """Send one chunk."""
        await self._write(body + b"\n")

    async def end(self) -> None:
        """End the answer well."""
        await self._write(b"", is_last=True)

    async def fail(self, problem: Problem) -> None:
        """End it with a marked last chunk, the status having gone out."""
        await self._write(b'{"error":' + _dump(problem) + b"}\n", is_last=True)

    async def close(self) -> None:
        """Stop whatever goes on beside the chunks; called in the end, however that came."""

    async def _write(self, body: bytes, *, is_last: bool = False) -> None:
        if not self.has_begun:
            await self.begin()
        await self._send({"type": "http.response.body", "body": body, "more_body": not is_last})


class EventStream(JsonLines):
    """Server-sent events (WHATWG HTML, section 9.2): numbered ones with the chunks, then ``end`` or ``error``.

    A comment is sent where nothing came for `KEEP_ALIVE_S`.
    """

    media_type: ClassVar[str] = EVENT_STREAM

    def __init__(self, send: Send, media_type: str | None = None) -> None:
        super().__init__(send, media_type)
        self._number = 0
        self._last_sent = time.monotonic()
        self._keeper = asyncio.create_task(self._keep_alive())

    async def chunk(self, body: bytes) -> None:
        """Send one event; its id is its number, beginning with 1."""
        self._number += 1
        await self._write(b"id: %d\n%b\n" % (self._number, _data(body)))
        self._last_sent = time.monotonic()

    async def end(self) -> None:
        """Say that it is complete."""
        await self.close()
        await self._write(b"event: end\ndata: {}\n\n", is_last=True)

    async def fail(self, problem: Problem) -> None:
        """Send the problem as the last event."""
        await self.close()
        await self._write(b"event: error\n%b\n" % _data(_dump(problem)), is_last=True)

    async def close(self) -> None:
        """Send no more comments."""
        self._keeper.cancel()
        await asyncio.wait({self._keeper})
        if not self._keeper.cancelled():
            self._keeper.exception()  # the client left; whoever sends the chunks is told as well

    async def _keep_alive(self) -> None:
        while True:
            rest = self._last_sent + KEEP_ALIVE_S - time.monotonic()
            if rest > 0:
                await asyncio.sleep(rest)
                continue
            await self._write(b": still here\n\n")
            self._last_sent = time.monotonic()


class ByteStream(JsonLines):
    """Bytes as they are made."""

    async def chunk(self, body: bytes) -> None:
        """Send some bytes."""
        if body:
            await self._write(body)

    async def fail(self, problem: Problem) -> None:
        """Cut the connection: an ordinary end would pass for a complete answer."""
        raise StreamCut(problem.message)


def writer_of(kind: AnswerKind, media_type: str) -> type[JsonLines]:
    """The writer of a stream that is sent as `media_type`."""
    if kind is AnswerKind.BYTE_STREAM:
        return ByteStream
    return EventStream if media_type == EVENT_STREAM else JsonLines


def _data(body: bytes) -> bytes:
    """The data lines of an event; `splitlines` knows the line ends that the format knows."""
    return b"".join(b"data: %b\n" % line for line in body.splitlines() or [b""])


def _dump(problem: Problem) -> bytes:
    return problem.model_dump_json(exclude_none=True).encode()
