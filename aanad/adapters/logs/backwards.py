"""The last records of many files, found from their ends; reads no more than it must."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from aanad.adapters.logs.parsing import Parser, begins_a_record
from aanad.adapters.logs.splitting import MAX_LINE, Splitter

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aanad.adapters.logs.entries import Entry
    from aanad.adapters.logs.feed import Feed
    from aanad.adapters.logs.filters import Filter

FIRST_BLOCK = 16_384
MAX_BLOCK = 524_288
MAX_RECORD = 8 * MAX_LINE
"""Bytes looked through for the beginning of a record."""
MAX_SEARCHED = 512 * 1024 * 1024
"""Bytes looked through for one tail: where few records are wanted, it may find fewer than it was asked for."""
SLACK_NS = 2_000_000_000
"""A file's clock and the clocks of those who write to it differ."""


class _Backwards:
    """One file, read from a place to its start."""

    def __init__(self, feed: Feed, filter_: Filter, now: int) -> None:
        self.feed = feed
        self.entries: list[Entry] = []
        self.upper = feed.file.modified + SLACK_NS
        """No record that is still to come stands later."""
        self.searched = 0
        self._filter = filter_
        self._now = now
        self._at = feed.offset
        self._size = FIRST_BLOCK

    def load(self) -> bool:
        """Read a block before the last one; False at the start of the file, or before the time that is wanted."""
        since = self._filter.since
        if self._at <= 0 or (since is not None and self.upper < since):
            return False
        while True:
            start = max(0, self._at - self._size)
            data = self.feed.file.read(start, self._at - start)
            self.searched += len(data)
            self._size = min(self._size * 4, MAX_BLOCK)
            first = _first_record(data, is_start=start == 0)
            if first is not None or start == 0:
                break
            if self._at - start >= MAX_RECORD:
                first = data.find(b"\n") + 1  # a line, or a record, that is larger still: its end
                break
            self._size = max(self._size, (self._at - start) * 2)
        if len(data) < self._at - start:
            return False  # it was cut while it was read
        begin = start + (first or 0)
        parser, splitter = Parser(), Splitter(begin)
        lines = splitter.split(data[first or 0 :])
        found = parser.parse(lines, arrived=min(self.feed.file.modified, self._now), now=self._now) + parser.close()
        self._at = begin
        for entry in found:
            entry.key = min(entry.key, self.upper)
        if found:
            self.upper = found[0].key
        self.entries = self._filter.kept(found, self.feed.source.redactor)
        return True


def last_entries(feeds: Sequence[Feed], count: int, filter_: Filter, now: int) -> Iterator[list[tuple[Feed, Entry]]]:
    """The last records of all feeds together, the oldest first; each feed is read back from where it stands.

    Yields:
        Nothing, again and again while it searches; at last what was found.
    """
    states = [_Backwards(feed, filter_, now) for feed in feeds]
    heap = [(-state.upper, -number) for number, state in enumerate(states)] if count else []
    heapq.heapify(heap)
    found: list[tuple[Feed, Entry]] = []
    while heap and len(found) < count:
        number = -heapq.heappop(heap)[1]
        state = states[number]
        if not state.entries:
            if sum(each.searched for each in states) > MAX_SEARCHED or not state.load():
                state.feed.file.close()
                continue
            yield []
        else:
            found.append((state.feed, state.entries.pop()))
        upper = state.entries[-1].key if state.entries else state.upper
        heapq.heappush(heap, (-upper, -number))
    found.reverse()
    yield found


def _first_record(data: bytes, *, is_start: bool) -> int | None:
    """Where in a block the first record begins that is whole; None where that cannot be seen."""
    if is_start:
        return 0
    at = data.find(b"\n") + 1
    while 0 < at < len(data):
        end = data.find(b"\n", at)
        if end < 0:
            return None
        if begins_a_record(data[at:end]):
            return at
        at = end + 1
    return None
