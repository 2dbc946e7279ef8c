"""The hub of watches: what is known by topic and key, the last changes of it, and what each reader is sent.

A publisher never waits for a reader: changes are kept once, serialised, in a ring of bounded size, and each reader
takes them from there at its own pace. Who falls out of the ring is dropped.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from aanad.wire.watch import WatchDropped

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Collection, Mapping

    from aanad.wire.base import WireModel
    from aanad.wire.watch import Topic

MAX_CHANGES = 10_000
"""Changes that are kept for readers who come back: ten seconds of a thousand a second."""
MAX_BYTES = 8 * 1024 * 1024
"""Of all kept changes together."""
BATCH = 500
"""Changes that are sent in one piece at most."""
HEARTBEAT_S = 10.0
PACE_S = 0.04
"""Between two pieces to one reader: many changes cost one write, and nobody sees them later than that."""


class _Change(NamedTuple):
    cursor: int
    topic: Topic
    frame: bytes


class WatchHub:
    """State by topic and key, and its changes."""

    def __init__(self, *, max_changes: int = MAX_CHANGES, max_bytes: int = MAX_BYTES) -> None:
        self.epoch = secrets.token_hex(4)
        self.cursor = 0
        self._max_changes = max_changes
        self._max_bytes = max_bytes
        self._state: dict[Topic, dict[str, bytes]] = {}
        self._changes: deque[_Change] = deque()
        self._bytes = 0
        self._changed = asyncio.Event()
        self._is_stopping = False

    def publish(self, topic: Topic, items: Mapping[str, WireModel]) -> None:
        """All that there is of a topic now; what differs from before becomes changes."""
        known = self._state.setdefault(topic, {})
        for key in known.keys() - items.keys():
            self.put(topic, key, None)
        for key, item in items.items():
            self.put(topic, key, item)

    def put(self, topic: Topic, key: str, item: WireModel | None) -> None:
        """One item now; None where it is gone. One that is as before is no change."""
        known = self._state.setdefault(topic, {})
        data = None if item is None else item.model_dump_json().encode()
        if known.get(key) == data:
            return
        if data is None:
            del known[key]
        else:
            known[key] = data
        self.cursor += 1
        delta = b'{"cursor":%d,"topic":"%s","key":%s,"item":%s}' % (
            self.cursor,
            topic.encode(),
            json.dumps(key).encode(),
            data or b"null",
        )
        self._keep(_Change(self.cursor, topic, self._frame(b"delta", delta, self.cursor)))

    def snapshot(self, topics: Collection[Topic]) -> bytes:
        """Everything now, as it is sent."""
        state = b",".join(b'"%s":{%s}' % (topic.encode(), self._items(topic)) for topic in topics)
        data = b'{"epoch":"%s","cursor":%d,"state":{%s}}' % (self.epoch.encode(), self.cursor, state)
        return self._frame(b"snapshot", data, self.cursor)

    def _items(self, topic: Topic) -> bytes:
        known = self._state.get(topic, {})
        return b",".join(b"%s:%s" % (json.dumps(key).encode(), item) for key, item in known.items())

    async def follow(
        self, topics: Collection[Topic], *, epoch: str | None = None, cursor: int | None = None
    ) -> AsyncGenerator[bytes, None]:
        """What one reader is sent: a snapshot, or what it missed since `cursor` of `epoch`; then each change.

        The last thing sent is why the daemon ends it, where the daemon does.
        """
        yield b"retry: 1000\n\n"
        if cursor is None or epoch != self.epoch or not self._holds(cursor):
            cursor = self.cursor
            yield self.snapshot(topics)
        else:
            yield self._position(cursor)
        while self._holds(cursor):
            changed = self._changed
            if changes := self._after(cursor):
                cursor = changes[-1].cursor
                if piece := b"".join(change.frame for change in changes if change.topic in topics):
                    yield piece
                if self.cursor - cursor < BATCH and not self._is_stopping:
                    await asyncio.sleep(PACE_S)
            elif self._is_stopping:
                yield dropped("stopping", "The daemon stops.", "Connect again with epoch and cursor when it is back.")
                return
            else:
                try:
                    async with asyncio.timeout(HEARTBEAT_S):
                        await changed.wait()
                except TimeoutError:
                    yield self._position(cursor)
        yield TOO_SLOW

    def stop(self) -> None:
        """End all readers."""
        self._is_stopping = True
        self._wake()

    def _holds(self, cursor: int) -> bool:
        """Whether every change after this cursor is kept."""
        return self.cursor - len(self._changes) <= cursor <= self.cursor

    def _after(self, cursor: int) -> list[_Change]:
        """The next changes after a cursor that is held."""
        behind = self.cursor - cursor
        if behind <= BATCH:
            return list(islice(reversed(self._changes), behind))[::-1]
        start = len(self._changes) - behind
        return list(islice(self._changes, start, start + BATCH))

    def _keep(self, change: _Change) -> None:
        self._changes.append(change)
        self._bytes += len(change.frame)
        while len(self._changes) > self._max_changes or (self._bytes > self._max_bytes and self._changes):
            self._bytes -= len(self._changes.popleft().frame)
        self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def _frame(self, kind: bytes, data: bytes, cursor: int) -> bytes:
        return b"id: %s/%d\nevent: %s\ndata: %s\n\n" % (self.epoch.encode(), cursor, kind, data)

    def _position(self, cursor: int) -> bytes:
        """A heartbeat: an id without data, which moves a reader's cursor past what its topics left out."""
        return b"id: %s/%d\n\n" % (self.epoch.encode(), cursor)


def dropped(reason: str, message: str, hint: str) -> bytes:
    """The last thing that a reader is sent."""
    told = WatchDropped.model_validate({"reason": reason, "message": message, "hint": hint})
    return b"event: dropped\ndata: %s\n\n" % told.model_dump_json().encode()


TOO_SLOW = dropped(
    "too_slow",
    "This reader took in less than there was to send.",
    "Connect again: with epoch and cursor it goes on, or it gets a new snapshot.",
)
