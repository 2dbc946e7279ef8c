"""The record of what happened: appends to the store and wakes those who follow."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from typing import TYPE_CHECKING, Any

from aanad.core.records import EventQuery
from aanad.errors import StoreUnavailable
from aanad.wire.events import Event

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from aanad.core.ports import Clock, Store

logger = logging.getLogger("aanad.events")
DAEMON = "aanad"
MAX_UNWRITTEN = 1000
"""Events that are kept in memory while the store fails; the oldest go first, to the log."""
RETRY_S = 5.0
"""Between two tries to write what the store did not take."""
MISSING = "events.missing"
"""The type of the one event that is in no record: it stands where events are not kept any more."""
ALL = EventQuery()


class Events:
    """Appends events and lets any number of readers follow them."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._appended = asyncio.Event()
        self._writing = asyncio.Lock()
        self._unwritten: deque[dict[str, Any]] = deque()
        self._is_stopping = False
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
            self._lost(self._unwritten.popleft())
        self._unwritten.append(event)
        try:
            # Shielded: one that was cut off after the store took it would be written twice.
            await asyncio.shield(self._write())
        except StoreUnavailable as error:
            logger.error("event.delayed type=%s %s", type_, error.message)  # noqa: TRY400 - expected, no traceback

    async def list(self, query: EventQuery = ALL, *, since: int | None = None, limit: int = 100) -> list[Event]:
        """Events after a cursor, the oldest first; without one the last `limit`.

        Where events after the cursor are not kept any more, one of the type ``events.missing`` stands before the rest.
        """
        if since is None:
            return await self._store.events(query, limit=limit)
        gap = await self._gap(query, since)
        since = since if gap is None else gap.cursor
        found = await self._store.events(query, since=since, limit=limit)
        return found if gap is None else [gap, *found]

    async def last_cursor(self) -> int:
        """The cursor of the last event; 0 where there is none."""
        return (await self._store.event_bounds())[1]

    async def follow(
        self, query: EventQuery = ALL, *, since: int | None = None, limit: int = 100, heartbeat_s: float = 10.0
    ) -> AsyncIterator[Event | None]:
        """As `list`, and then all that come until the daemon stops.

        None after those that were there already, and after each quiet `heartbeat_s`, so that a lost reader shows.
        """
        cursor, has_begun = since, False
        while not self._is_stopping:
            appended = self._appended
            last = await self.last_cursor() if cursor is None else 0
            batch = await self.list(query, since=cursor, limit=limit)
            for event in batch:
                cursor = event.cursor
                yield event
            if cursor is None:
                cursor = last
            if not has_begun:
                has_begun = True
                yield None
            if not batch and not self._is_stopping:
                try:
                    async with asyncio.timeout(heartbeat_s):
                        await appended.wait()
                except TimeoutError:
                    yield None

    async def run(self) -> None:
        """Write what the store did not take at first, as soon as it does, until cancelled."""
        while True:
            await asyncio.sleep(RETRY_S)
            if self._unwritten:
                try:
                    await asyncio.shield(self._write())
                except StoreUnavailable as error:
                    logger.info("event.still_delayed count=%d %s", len(self._unwritten), error.message)

    async def stop(self) -> None:
        """End those who follow, and try once more to write what is left; what cannot be is in the log, whole."""
        self._is_stopping = True
        self._wake()
        try:
            await self._write()
        except StoreUnavailable:
            while self._unwritten:
                self._lost(self._unwritten.popleft())

    async def _write(self) -> None:
        async with self._writing:
            while self._unwritten:
                event = self._unwritten[0]
                await self._store.append_event(**event)
                if self._unwritten and self._unwritten[0] is event:
                    self._unwritten.popleft()
        self._wake()
        self.when_recorded()

    def _wake(self) -> None:
        self._appended.set()
        self._appended = asyncio.Event()

    async def _gap(self, query: EventQuery, since: int) -> Event | None:
        """What is said to a reader whose cursor does not lead to the first event that is kept."""
        first, last = await self._store.event_bounds()
        if since > last:
            cursor, message = max(first - 1, 0), f"There is no event {since} yet: this is another record than before."
        elif since < first - 1 and not await self._reaches_back(query):
            cursor, message = first - 1, f"The events after {since} and before {first} are not kept any more."
        else:
            return None
        return Event(
            cursor=cursor,
            time=self._clock.now(),
            type=MISSING,
            actor=DAEMON,
            message=message,
            data={"since": since, "first": first, "last": last},
        )

    async def _reaches_back(self, query: EventQuery) -> bool:
        """Whether all of the time that is asked for is kept."""
        if query.after is None:
            return False
        oldest = await self._store.events(ALL, since=0, limit=1)
        return bool(oldest) and oldest[0].time < query.after

    def _lost(self, event: dict[str, Any]) -> None:
        """An event that the store never took; the log has all of it."""
        logger.error("event.lost %s", json.dumps({**event, "time": event["time"].isoformat()}, default=str))
