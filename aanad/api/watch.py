"""``/v1/watch``: what there is now and each change of it, as server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Annotated, get_args

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse
from starlette.types import Send

from aanad.api.services import Core
from aanad.core.watch import TOO_SLOW
from aanad.errors import InvalidInput
from aanad.wire.watch import Topic

router = APIRouter(prefix="/v1/watch", tags=["watch"])

SEND_LIMIT_S = 10.0
"""A reader that takes in nothing for so long is dropped."""
PIECE_BYTES = 64 * 1024
"""What is handed to the socket at once: its buffer never holds more than about twice of it."""


@router.get("", response_class=StreamingResponse)
async def watch(
    core: Core,
    request: Request,
    *,
    topics: Annotated[
        str | None, Query(max_length=200, description="Comma-separated; all of them where not given.")
    ] = None,
    epoch: Annotated[str | None, Query(max_length=64)] = None,
    cursor: Annotated[int | None, Query(ge=0)] = None,
    last_event_id: Annotated[
        str | None, Header(max_length=100, description="epoch/cursor, as each event's id says it.")
    ] = None,
) -> StreamingResponse:
    """A snapshot and then deltas; with `epoch` and `cursor`, what was missed since, where that is still kept."""
    wanted = _topics(topics, core.broadcasting.topics)
    core.broadcasting.require_room()
    if cursor is None and last_event_id is not None:
        epoch, _, position = last_event_id.rpartition("/")
        cursor = int(position) if position.isdecimal() else None
    return _Stream(
        core.broadcasting.follow(wanted, epoch=epoch, cursor=cursor),
        cut=request.scope.get("aana.cut"),
    )


class _Stream(StreamingResponse):
    """Sends at the reader's pace, and ends it where the reader has none."""

    def __init__(self, pieces: AsyncGenerator[bytes, None], *, cut: Callable[[bytes], None] | None) -> None:
        super().__init__(
            pieces, media_type="text/event-stream", headers={"cache-control": "no-store", "x-accel-buffering": "no"}
        )
        self._pieces = pieces
        self._cut = cut

    async def stream_response(self, send: Send) -> None:
        """Send the pieces."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async with aclosing(self._pieces) as pieces:
            async for piece in pieces:
                for start in range(0, len(piece), PIECE_BYTES):
                    message = {"type": "http.response.body", "body": piece[start : start + PIECE_BYTES]}
                    try:
                        async with asyncio.timeout(SEND_LIMIT_S):
                            await send({**message, "more_body": True})
                    except TimeoutError:
                        if self._cut is not None:
                            self._cut(TOO_SLOW)
                        return
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _topics(asked: str | None, known: list[Topic]) -> list[Topic]:
    names = [name.strip() for name in (asked or "").split(",") if name.strip()]
    if not names:
        return known
    wrong = sorted(set(names) - set(get_args(Topic)))
    if wrong:
        raise InvalidInput(
            f"There is no topic {', '.join(wrong)}.", hint=f"There are: {', '.join(known)}.", code="unknown_topic"
        )
    return [topic for topic in known if topic in names]
