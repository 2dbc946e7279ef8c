"""The port's reader: steps in threads, pauses between them, heartbeats and cursors."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from aanad.adapters.logs.encoding import HEARTBEAT
from aanad.adapters.logs.session import Session

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from aanad.core.records import LogQuery, LogSource

POLL_S = 0.2
REFRESH_S = 1.0
"""How often a follower asks for new sources, and gives a cursor."""
HEARTBEAT_S = 10.0


class LogFiles:
    """Log files of the current Ray session on this machine, and others that sources name by their path."""

    def __init__(self, folder: Callable[[], Path | None]) -> None:
        """`folder` is asked each time: a cold start of Ray makes a new session with new files."""
        self._folder = folder

    def read(self, sources: Callable[[], Awaitable[list[LogSource]]], query: LogQuery) -> AsyncIterator[bytes]:
        """Pieces of NDJSON, of whole lines each, as ``wire/logs.py`` says.

        Raises:
            InvalidInput: ``invalid_pattern``, ``invalid_cursor``.
        """
        return self._read(sources, query, Session(query))

    async def _read(
        self, sources: Callable[[], Awaitable[list[LogSource]]], query: LogQuery, session: Session
    ) -> AsyncIterator[bytes]:
        try:
            session.use(await sources(), self._folder())
            beginning = session.begin()
            said = time.monotonic()
            while (found := await asyncio.to_thread(next, beginning, None)) is not None:
                if found:
                    yield found
                elif time.monotonic() - said > HEARTBEAT_S:
                    said = time.monotonic()
                    yield HEARTBEAT
            async for found in self._steps(sources, query, session):
                yield found
        finally:
            await asyncio.shield(asyncio.to_thread(session.close))

    async def _steps(
        self, sources: Callable[[], Awaitable[list[LogSource]]], query: LogQuery, session: Session
    ) -> AsyncIterator[bytes]:
        if query.follow:
            yield await asyncio.to_thread(session.cursor)
        said = told = refreshed = time.monotonic()
        news = False
        while True:
            found = await asyncio.to_thread(session.step)
            now = time.monotonic()
            if found:
                said, news = now, True
                yield found
            if not query.follow and session.is_over:
                break
            if session.wants_cursor or (news and now - told > REFRESH_S):
                said, told, news = now, now, False
                yield await asyncio.to_thread(session.cursor)
            elif now - said > HEARTBEAT_S:
                said = now
                yield HEARTBEAT + (await asyncio.to_thread(session.cursor) if query.follow else b"")
            if query.follow and now - refreshed > REFRESH_S:
                refreshed = now
                session.use(await sources(), self._folder())
            if query.follow and not session.is_behind:
                await asyncio.sleep(POLL_S)
        yield await asyncio.to_thread(session.cursor)
