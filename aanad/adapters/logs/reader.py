"""The port's reader: steps in threads, pauses between them, heartbeats and cursors."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from aanad.adapters.logs.encoding import HEARTBEAT
from aanad.adapters.logs.nodes import Nodes
from aanad.adapters.logs.session import Session

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from aanad.adapters.logs.node_files import NodeFiles
    from aanad.core.records import LogQuery, LogSource

POLL_S = 0.2
REFRESH_S = 1.0
"""How often a follower asks for new sources, and gives a cursor."""
HEARTBEAT_S = 10.0


class LogFiles:
    """Log files of the current Ray session on this machine, and others that sources name by their path."""

    def __init__(self, folder: Callable[[], Path | None], node_files: NodeFiles | None = None) -> None:
        """Take where the files are.

        Args:
            folder: asked each time: a cold start of Ray makes a new session with new files.
            node_files: reads those of other nodes.
        """
        self._folder = folder
        self._node_files = node_files
        self._is_stopping = False

    def stop(self) -> None:
        """End those who follow, with a cursor; the daemon stops."""
        self._is_stopping = True

    def read(self, sources: Callable[[], Awaitable[list[LogSource]]], query: LogQuery) -> AsyncIterator[bytes]:
        """Pieces of NDJSON, of whole lines each, as ``wire/logs.py`` says.

        Raises:
            InvalidInput: ``invalid_pattern``, ``invalid_cursor``.
        """
        nodes = Nodes(self._node_files) if self._node_files is not None else None
        return self._read(sources, query, Session(query, nodes), nodes)

    async def _read(
        self,
        sources: Callable[[], Awaitable[list[LogSource]]],
        query: LogQuery,
        session: Session,
        nodes: Nodes | None,
    ) -> AsyncIterator[bytes]:
        try:
            await self._use(await sources(), session, nodes)
            beginning = session.begin()
            said = time.monotonic()
            while (found := await asyncio.to_thread(next, beginning, None)) is not None:
                if found:
                    yield found
                elif time.monotonic() - said > HEARTBEAT_S:
                    said = time.monotonic()
                    yield HEARTBEAT
            if nodes is not None and query.follow:
                nodes.follow()
            async for found in self._steps(sources, query, session, nodes):
                yield found
        finally:
            if nodes is not None:
                await nodes.stop()
            await asyncio.shield(asyncio.to_thread(session.close))

    async def _steps(
        self,
        sources: Callable[[], Awaitable[list[LogSource]]],
        query: LogQuery,
        session: Session,
        nodes: Nodes | None,
    ) -> AsyncIterator[bytes]:
        if query.follow:
            yield await asyncio.to_thread(session.cursor)
        said = told = refreshed = time.monotonic()
        news = False
        while not self._is_stopping:
            found = await asyncio.to_thread(session.step)
            if nodes is not None:
                found += nodes.notices()
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
                await self._use(await sources(), session, nodes)
            if query.follow and not session.is_behind:
                await asyncio.sleep(POLL_S)
        yield await asyncio.to_thread(session.cursor)

    async def _use(self, sources: list[LogSource], session: Session, nodes: Nodes | None) -> None:
        if nodes is not None:
            await nodes.use(sources)
        session.use(sources, self._folder())
