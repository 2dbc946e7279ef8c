"""The newest records of a log, bounded in number and bytes, and those of them that a filter shows.

A record is known by its number, so that neither trimming nor filtering moves what stands on the screen.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from typing import TYPE_CHECKING

from aana_tui.state.log_filter import OPEN, LogFilter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from aana_tui.state.log_entries import LogEntry

MAX_RECORDS = 50_000
MAX_BYTES = 64 << 20
LOOKS_BETWEEN_CLOCKS = 32


class LogRing:
    """Records in the order in which they came.

    Args:
        max_records: the oldest are let go beyond that.
        max_bytes: or beyond that; the newest record is always kept.
    """

    def __init__(self, max_records: int = MAX_RECORDS, max_bytes: int = MAX_BYTES) -> None:
        self._max_records = max_records
        self._max_bytes = max_bytes
        self._entries: list[LogEntry] = []
        self._first = 0
        self._bytes = 0
        self._marks = self._voids = 0
        self._filter = OPEN
        self._matching: list[int] = []
        """Numbers of what is shown; not kept while that is everything."""

    # What there is

    @property
    def first(self) -> int:
        """The number of the oldest record that is kept; smaller ones are gone."""
        return self._first

    @property
    def next(self) -> int:
        """The number that the next record gets."""
        return self._first + len(self._entries)

    @property
    def records(self) -> int:
        """How many records there are; marks are none."""
        return len(self._entries) - self._marks - self._voids

    @property
    def bytes(self) -> int:
        """About how much memory they take."""
        return self._bytes

    @property
    def is_full(self) -> bool:
        """Whether the next records push old ones out, or soon will."""
        return len(self._entries) + self.reserve >= self._max_records or self._bytes * 8 >= self._max_bytes * 7

    @property
    def reserve(self) -> int:
        """How many records are few here."""
        return max(1, self._max_records // 8)

    @property
    def filter(self) -> LogFilter:
        """What decides which records are shown."""
        return self._filter

    @property
    def shown(self) -> Sequence[int]:
        """The numbers of the records that are shown, ascending."""
        return range(self._first, self.next) if self._shows_all else self._matching

    @property
    def shown_records(self) -> int:
        """How many of the shown ones are records; every mark is shown."""
        return len(self.shown) - self._marks

    @property
    def has_gaps(self) -> bool:
        """Whether there are numbers that no record has any more."""
        return self._voids > 0

    def __getitem__(self, seq: int) -> LogEntry:
        return self._entries[seq - self._first]

    def place_of(self, seq: int) -> int:
        """Where in `shown` a record stands, or the next one after it that does."""
        shown = self.shown
        return min(max(0, seq - self._first), len(shown)) if isinstance(shown, range) else bisect_left(shown, seq)

    def entries(self) -> Iterator[LogEntry]:
        """All that are kept, marks too, the oldest first."""
        return iter(self._entries)

    # What changes it

    def append(self, entries: Iterable[LogEntry]) -> int:
        """Take new ones in, let the oldest go; how many of the new are shown."""
        count = 0
        for entry in entries:
            entry.seq = self.next
            self._entries.append(entry)
            self._bytes += entry.size_bytes
            self._marks += entry.is_mark
            if self._shows_all:
                count += 1
            elif self._filter.shows(entry):
                self._matching.append(entry.seq)
                count += 1
        self._trim()
        return count

    def remove_mark(self, seq: int) -> None:
        """Take a mark away. Its number stays taken, so that no other record gets another one."""
        entry = self[seq]
        if entry.is_mark:
            self._matching = [other for other in self.shown if other != seq]
            entry.is_mark, entry.is_void = False, True
            self._marks -= 1
            self._voids += 1

    def clear(self) -> None:
        """Let all records go; the filter stays, and so do the numbers: none is ever used twice."""
        self._first = self.next
        self._entries.clear()
        self._matching.clear()
        self._bytes = self._marks = self._voids = 0

    def narrow(self, wanted: LogFilter) -> Narrowing:
        """Begin to look through all records with another filter; the old one works until that is done."""
        return Narrowing(self, wanted)

    @property
    def _shows_all(self) -> bool:
        return self._filter.is_open and not self._voids

    def _trim(self) -> None:
        gone = size = 0
        while gone < len(self._entries) - 1 and (
            len(self._entries) - gone > self._max_records or self._bytes - size > self._max_bytes
        ):
            size += self._entries[gone].size_bytes
            self._marks -= self._entries[gone].is_mark
            self._voids -= self._entries[gone].is_void
            gone += 1
        if gone:
            del self._entries[:gone]
            self._first += gone
            self._bytes -= size
            del self._matching[: bisect_left(self._matching, self._first)]

    def _apply(self, wanted: LogFilter, matching: list[int]) -> None:
        self._filter = wanted
        # While it looked, old ones may have gone, and marks may have been taken away.
        kept = matching[bisect_left(matching, self._first) :]
        self._matching = [seq for seq in kept if not self[seq].is_void] if self._voids else kept


class Narrowing:
    """A filter that is being applied, a little at a time, so that keys are answered meanwhile."""

    def __init__(self, ring: LogRing, wanted: LogFilter) -> None:
        self._ring = ring
        self._wanted = wanted
        self._matching: list[int] = []
        self._at = ring.first

    @property
    def share(self) -> float:
        """How much of the ring it has looked through."""
        ring = self._ring
        return min(1.0, (self._at - ring.first) / max(1, ring.next - ring.first))

    def step(self, max_s: float, clock: Callable[[], float] = time.perf_counter) -> bool:
        """Go on for so long; whether it is done, and the ring's filter is the new one."""
        ring, shows = self._ring, self._wanted.shows
        until = clock() + max_s
        self._at = max(self._at, ring.first)
        if not self._wanted.is_open or ring.has_gaps:
            while self._at < ring.next:
                for seq in range(self._at, min(ring.next, self._at + LOOKS_BETWEEN_CLOCKS)):
                    if shows(ring[seq]):
                        self._matching.append(seq)
                    self._at = seq + 1
                if self._at < ring.next and clock() >= until:
                    return False
        ring._apply(self._wanted, self._matching)  # noqa: SLF001 - its other half
        return True
