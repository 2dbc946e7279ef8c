"""The record of what happened: followed without loss, honest about what it no longer has, and never silently lost."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from aanad.core.event_retention import EventRetention
from aanad.core.events import Events
from aanad.core.records import EventQuery
from aanad.errors import StoreUnavailable
from aanad.wire.events import Event
from tests.fakes.clock import FakeClock
from tests.fakes.store import MemoryStore


class FailingStore(MemoryStore):
    """Takes no event while it `fails`."""

    fails = False

    async def append_event(self, **event: Any) -> Event:
        """Another task may come in between, as with a real one."""
        await asyncio.sleep(0)
        if self.fails:
            raise StoreUnavailable("locked")
        return await super().append_event(**event)


@pytest.fixture
def store() -> FailingStore:
    return FailingStore()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def events(store: FailingStore, clock: FakeClock) -> Events:
    return Events(store, clock)


async def write(events: Events, *messages: str) -> None:
    """Record an event each."""
    for message in messages:
        await events.record("t", message, project="asr", actor="ann", number=message)


async def take(stream: AsyncIterator[Event | None], count: int) -> list[str]:
    """The next messages; heartbeats are left out."""
    found: list[str] = []
    async with asyncio.timeout(5):
        while len(found) < count:
            if (event := await anext(stream)) is not None:
                found.append(event.message)
    return found


async def test_a_follower_gets_each_event_once(events: Events) -> None:
    """Those before, those while it reads and those after it came back with its cursor, also over a restart."""
    await write(events, "1", "2")
    stream = events.follow(since=1)
    assert ["2"] == await take(stream, 1)
    waiting = asyncio.create_task(take(stream, 2))
    await write(events, "3", "4")
    assert ["3", "4"] == await waiting

    await events.stop()
    assert [] == [event async for event in stream if event is not None]

    again = Events(events._store, events._clock)
    await write(again, "5")
    assert ["5"] == await take(again.follow(since=4), 1)


async def test_a_follower_of_an_empty_record_misses_nothing(events: Events) -> None:
    """Nothing was there that it could have asked for; what comes then is all of it, whatever the first limit."""
    stream = events.follow(limit=1)
    assert None is await anext(stream)

    await write(events, "1", "2", "3")

    assert ["1", "2", "3"] == await take(stream, 3)


async def test_a_gap_is_said(events: Events, store: FailingStore, clock: FakeClock) -> None:
    """Who reads on from before the first event that is kept learns so, once, and gets the rest."""
    await write(events, *"12345")
    await store.prune_events(before=None, keep=2, at_most=10)

    gap, *rest = await events.list(since=1)

    assert ("events.missing", 3, {"since": 1, "first": 4, "last": 5}) == (gap.type, gap.cursor, gap.data)
    assert ["4", "5"] == [event.message for event in rest]
    assert rest == await events.list(since=gap.cursor)
    assert [gap.message, "4", "5"] == await take(events.follow(since=1), 3)
    assert [gap.message] == [event.message for event in await events.list(EventQuery(actor="bob"), since=1)]
    clock.advance(1)
    await write(events, "6")
    newer = EventQuery(after=clock.now() - timedelta(milliseconds=1))
    assert ["6"] == [event.message for event in await events.list(newer, since=0)]


async def test_a_cursor_of_another_record_is_said(events: Events) -> None:
    """After the state folder was emptied a script's old cursor must not silence it."""
    await write(events, "1", "2")

    gap, *rest = await events.list(since=500)

    assert ("events.missing", 0) == (gap.type, gap.cursor)
    assert ["1", "2"] == [event.message for event in rest]


async def test_retention_forgets_by_age_and_by_number(events: Events, store: FailingStore, clock: FakeClock) -> None:
    """Both limits hold, 0 is none; a record of any length is worked off."""
    await write(events, *(str(number) for number in range(1200)))
    clock.advance(3 * 86_400)
    await write(events, "a", "b", "c")

    assert 0 == await EventRetention(store=store, clock=clock, keep_days=0, keep=0).prune()
    assert 3 == await EventRetention(store=store, clock=clock, keep_days=4, keep=1200).prune()
    assert 1197 == await EventRetention(store=store, clock=clock, keep_days=2, keep=1200).prune()
    assert ["a", "b", "c"] == [event.message for event in await events.list()]


async def test_what_the_store_did_not_take_is_written_when_it_does(events: Events, store: FailingStore) -> None:
    """At the stop at the latest, in order, each once."""
    store.fails = True
    await write(events, "1", "2")
    store.fails = False

    await events.stop()

    assert ["1", "2"] == [event.message for event in await events.list()]


async def test_what_is_never_taken_is_in_the_log_whole(
    events: Events, store: FailingStore, caplog: pytest.LogCaptureFixture
) -> None:
    """An auditor finds it there, with who, what, when and all of its data."""
    store.fails = True
    await write(events, "1")

    with caplog.at_level(logging.ERROR, "aanad.events"):
        await events.stop()

    [line] = [record.getMessage() for record in caplog.records if record.getMessage().startswith("event.lost")]
    lost = json.loads(line.removeprefix("event.lost "))
    assert ("t", "ann", "asr", "1", {"number": "1"}) == tuple(
        lost[name] for name in ("type_", "actor", "project", "message", "data")
    )


async def test_one_who_gives_up_while_it_is_written_makes_no_second_one(events: Events) -> None:
    """A request that is cut off in the middle of writing its event leaves one event."""
    telling = asyncio.create_task(events.record("t", "1"))
    await asyncio.sleep(0)
    telling.cancel()
    await asyncio.gather(telling, return_exceptions=True)

    await write(events, "2")

    assert ["1", "2"] == [event.message for event in await events.list()]
