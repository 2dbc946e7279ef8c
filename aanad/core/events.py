"""The record of what happened: appends to the store and wakes those who follow."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING, Any

from aanad.errors import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from aanad.core.ports import Clock, Store
    from aanad.wire.events import Event

logger = logging.getLogger("aanad.events")
DAEMON = "aanad"
MAX_UNWRITTEN = 1000
"""Events that are kept in memory while the store fails; the oldest go first."""


class Events:
    """Appends events and lets any number of readers follow them."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._appended = asyncio.Condition()
        self._writing = asyncio.Lock()
        self._unwritten: deque[dict[str, Any]] = deque(maxlen=MAX_UNWRITTEN)
        self.when_recorded: Callable[[], None] = lambda: None
        """Called after each event that is on disk; the composition root sets it."""

    async def record(
        self, type_: str, message: str, *, project: str | None = None, actor: str = DAEMON, **data: Any
    ) -> None:
        """Append one event; while the store fails it is kept in memory, and appended when that is over."""
        logger.info("%s project=%s actor=%s %s", type_, project, actor, message)
        event = {
            "time": self._clock.now(),
            "type_": type_,
            "actor": actor,
            "message": message,
            "project": project,
            "data": data,
        }
        if len(self._unwritten) == MAX_UNWRITTEN:
            logger.error("event.lost type=%s", self._unwritten[0]["type_"])
        self._unwritten.append(event)
        try:
            async with self._writing:
                while self._unwritten:
                    await self._store.append_event(**self._unwritten[0])
                    self._unwritten.popleft()
        except StoreUnavailable as error:
            logger.error("event.delayed type=%s %s", type_, error.message)  # noqa: TRY400 - expected, no traceback
            return
        async with self._appended:
            self._appended.notify_all()
        self.when_recorded()

    async def list(self, *, since: int = 0, project: str | None = None, limit: int = 100) -> list[Event]:
        """Events after a cursor, the oldest first."""
        return await self._store.events(since=since, project=project, limit=limit)

    async def follow(
        self, *, since: int = 0, project: str | None = None, limit: int = 100, heartbeat_s: float = 15.0
    ) -> AsyncIterator[Event | None]:
        """Events after a cursor and all that come; None after each quiet `heartbeat_s`, so that a lost reader shows."""
        cursor = since
        while True:
            async with self._appended:
                batch = await self._store.events(since=cursor, project=project, limit=limit)
                if not batch:
                    try:
                        await asyncio.wait_for(self._appended.wait(), heartbeat_s)
                    except TimeoutError:
                        yield None
                    continue
            for event in batch:
                cursor = event.cursor
                yield event
