"""The record of events as far as this console has read it: without a hole, nothing twice, bounded."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from aanad.client import Client
    from aanad.wire.events import Event

KEPT = 3_000
"""Events that are kept; where newer ones come, the oldest are let go, and can be read again."""
PAGE = 500
"""Cursors that are looked back over at a time."""
MOST_AT_ONCE = 1_000
"""Events that the daemon gives in one answer."""


class Older(NamedTuple):
    """What was before the oldest event that is known."""

    events: list[Event]
    after: int
    """All after this cursor are known now."""


class EventHistory:
    """Events of one project, or all, from a cursor on.

    Args:
        project: whose; None for all.
    """

    def __init__(self, project: str | None = None) -> None:
        self.project = project
        self.events: list[Event] = []
        """The oldest first."""
        self.after: int | None = None
        """All that came after this cursor are known, up to `upto`."""
        self.upto = 0

    @property
    def has_older(self) -> bool:
        """Whether there may be events before the oldest that is known."""
        return bool(self.after)

    @property
    def is_full(self) -> bool:
        """Whether no older ones are read, because too many are kept already."""
        return len(self.events) >= KEPT

    def offer(self, watched: Sequence[Event]) -> int | None:
        """Take in what the watch has of the record: its end, the oldest first.

        Returns:
            The cursor after which some are missing between what is known and what is watched; nothing is taken in
            then, until `fill` was told of them.
        """
        if not watched:
            return None
        first, last = watched[0].cursor, watched[-1].cursor
        if self.after is None or last < self.upto or first - self.upto > KEPT:
            # The first look, another record, or one that has gone on for so long that nobody reads what was before.
            self.events, self.after, self.upto = [], first - 1, first - 1
        if first > self.upto + 1:
            return self.upto
        self.fill(watched, last)
        return None

    def fill(self, events: Iterable[Event], upto: int) -> None:
        """Take in all events after `upto` as it was, as far as the new `upto`."""
        self.events += [event for event in events if event.cursor > self.upto and self._is_ours(event)]
        self.upto = max(self.upto, upto)
        if len(self.events) > KEPT:
            self.events = self.events[-KEPT:]
            self.after = self.events[0].cursor - 1

    def put_before(self, older: Older) -> None:
        """Take in what was before."""
        first = self.after or 0
        self.events = [event for event in older.events if event.cursor <= first and self._is_ours(event)] + self.events
        self.after = min(older.after, first)

    def _is_ours(self, event: Event) -> bool:
        return self.project in {None, event.project} or event.type == MISSING


MISSING = "events.missing"
"""The type of an event that says that some are not kept any more."""


def read_between(client: Client, project: str | None, after: int) -> list[Event]:
    """All events after a cursor that there are now."""
    found: list[Event] = []
    while True:
        batch = client.events(project=project, since=after, limit=MOST_AT_ONCE)
        found += batch
        if len(batch) < MOST_AT_ONCE or len(found) > 2 * KEPT:
            return found
        after = batch[-1].cursor


def read_older(client: Client, project: str | None, before: int, page: int = PAGE) -> Older:
    """The events with the last cursors up to and with `before`.

    The daemon reads forward only, and cursors of one project have gaps: where a page holds none, a larger one follows.
    """
    after = before
    while True:
        after = max(0, after - page)
        batch = client.events(project=project, since=after, limit=MOST_AT_ONCE)
        found = batch
        while len(batch) == MOST_AT_ONCE and batch[-1].cursor < before:
            batch = client.events(project=project, since=batch[-1].cursor, limit=MOST_AT_ONCE)
            found = found + batch
        gap = next((event.cursor for event in found if event.type == MISSING), None)
        found = [event for event in found if event.cursor <= before and event.type != MISSING]
        if gap is not None:
            # What was before is not kept any more.
            return Older(found, 0)
        if found or after == 0:
            return Older(found, after)
        page *= 4
