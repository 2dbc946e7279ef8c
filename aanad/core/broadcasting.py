"""Feeds the hub with what is watched, and only with that: without readers nothing is computed."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from contextlib import aclosing, contextmanager, suppress
from typing import TYPE_CHECKING

from aanad.core.rounding import rounded
from aanad.errors import Refused, Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterator, Mapping

    from aanad.core.watch import WatchHub
    from aanad.wire.base import WireModel
    from aanad.wire.watch import Topic

    Source = Callable[[], Awaitable[Mapping[str, WireModel]]]

logger = logging.getLogger("aanad.watch")

EACH_S = 1.0
"""How often topics of numbers are read."""
MIN_GAP_S = 0.1
"""Between two readings of a topic, however often it changes."""
MAX_READERS = 200
READING_LIMIT_S = 2.0
"""How long a new reader waits for what is slow to be read; it comes as a change then."""


class Broadcasting:
    """One feed a topic; it rests while nobody reads the topic."""

    def __init__(self, hub: WatchHub, sources: Mapping[Topic, Source], *, each_second: Collection[Topic] = ()) -> None:
        """`sources` gives all items of a topic by key; those not in `each_second` are read when they are woken."""
        self._hub = hub
        self._feeds = {topic: _Feed(topic, source, hub) for topic, source in sources.items()}
        self._each_second = each_second
        self._readers: Counter[Topic] = Counter()
        self._count = 0

    @property
    def topics(self) -> list[Topic]:
        """What can be watched."""
        return list(self._feeds)

    def wake(self, *topics: Topic) -> None:
        """Something of these topics may have changed."""
        for topic in topics:
            if self._readers[topic]:
                self._feeds[topic].woken.set()

    async def follow(
        self, topics: Collection[Topic], *, epoch: str | None = None, cursor: int | None = None
    ) -> AsyncGenerator[bytes, None]:
        """One reader: server-sent events, from a snapshot or from what it missed.

        Raises:
            Refused: ``too_many_readers``.
        """
        with self._reader(topics):
            await asyncio.gather(*(self._feeds[topic].bring_up() for topic in topics))
            async with aclosing(self._hub.follow(topics, epoch=epoch, cursor=cursor)) as pieces:
                async for piece in pieces:
                    yield piece

    async def run(self) -> None:
        """Feed what is watched until cancelled."""
        async with asyncio.TaskGroup() as group:
            for topic, feed in self._feeds.items():
                group.create_task(feed.run(EACH_S if topic in self._each_second else None))

    def stop(self) -> None:
        """Tell every reader that the daemon stops."""
        self._hub.stop()

    def require_room(self) -> None:
        """Refuse one reader too many.

        Raises:
            Refused: ``too_many_readers``.
        """
        if self._count >= MAX_READERS:
            raise Refused(
                f"{MAX_READERS} readers watch already.",
                hint="End some of them; one stream may carry several topics.",
                code="too_many_readers",
            )

    @contextmanager
    def _reader(self, topics: Collection[Topic]) -> Iterator[None]:
        self._count += 1
        self._readers.update(topics)
        try:
            yield
        finally:
            self._count -= 1
            self._readers.subtract(topics)
            for topic in topics:
                if not self._readers[topic]:
                    self._feeds[topic].rest()


class _Feed:
    """Reads one topic while it is watched."""

    def __init__(self, topic: Topic, source: Source, hub: WatchHub) -> None:
        self.woken = asyncio.Event()
        self._topic = topic
        self._source = source
        self._hub = hub
        self._is_current = False
        self._watched = asyncio.Event()
        self._reading = asyncio.Lock()

    async def bring_up(self) -> None:
        """See that the hub knows the topic as it is now, or as it was last where that takes long."""
        self._watched.set()
        if not self._is_current:
            try:
                async with asyncio.timeout(READING_LIMIT_S):
                    await self._read_first()
            except TimeoutError:
                self.woken.set()

    def rest(self) -> None:
        """Nobody reads it any more."""
        self._watched.clear()
        self._is_current = False

    async def run(self, each_s: float | None) -> None:
        """Read when woken, or each so many seconds."""
        while True:
            await self._watched.wait()
            with suppress(TimeoutError):
                async with asyncio.timeout(each_s):
                    await self.woken.wait()
            self.woken.clear()
            if self._watched.is_set():
                async with self._reading:
                    await self._read()
            await asyncio.sleep(MIN_GAP_S)

    async def _read_first(self) -> None:
        async with self._reading:
            if not self._is_current:
                await self._read()

    async def _read(self) -> None:
        try:
            items = await self._source()
            self._hub.publish(self._topic, {key: rounded(item) for key, item in items.items()})
            self._is_current = self._watched.is_set()
        except Unavailable as error:
            logger.info("watch.source_unavailable topic=%s %s", self._topic, error.message)
        except Exception:
            logger.exception("watch.source_failed topic=%s", self._topic)
