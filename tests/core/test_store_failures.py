"""A database that fails for a while: nothing that was accepted is lost, and nothing is pretended."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from aanad.core.records import MutationRequest, ProjectRecord
from aanad.errors import StoreUnavailable
from aanad.wire.events import Event
from aanad.wire.operations import Operation, OperationState
from tests.core.conftest import Box, make_box
from tests.fakes.clock import FakeClock
from tests.fakes.cluster import FakeCluster
from tests.fakes.store import MemoryStore


class LockedStore(MemoryStore):
    """What cannot be written for so many times."""

    refusals = 0
    """Operations."""
    lost_events = 0
    """Events."""

    async def save_operation(self, operation: Operation, request: MutationRequest | None = None) -> None:
        """Refuse, or keep it."""
        if self.refusals:
            self.refusals -= 1
            raise StoreUnavailable("The database is locked.")
        await super().save_operation(operation, request)

    async def change_project(self, name: str, change: Any, **options: Any) -> ProjectRecord | None:
        """Refuse to begin an operation, or do it."""
        if options and self.refusals:
            self.refusals -= 1
            raise StoreUnavailable("The database is locked.")
        return await super().change_project(name, change, **options)

    async def append_event(self, **event: Any) -> Event:
        """Refuse, or keep it."""
        if self.lost_events:
            self.lost_events -= 1
            raise StoreUnavailable("The database is locked.")
        return await super().append_event(**event)


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> LockedStore:
    monkeypatch.setattr("aanad.core.deploy.STORE_PAUSE_S", 0)
    return LockedStore()


@pytest.fixture
def box(store: LockedStore) -> Box:
    return make_box(store, FakeCluster(), FakeClock())


async def test_a_deploy_that_was_accepted_is_done_when_the_database_is_back(box: Box, store: LockedStore) -> None:
    """Reading the project and activating it are tried again, however often the database refuses."""
    box.unit.hold.clear()
    upload = await box.upload("asr")
    store.refusals = 5
    box.unit.hold.set()

    await box.read_out()
    await box.settle()

    assert store.refusals == 0
    assert OperationState.SUCCEEDED is (await box.operations.get(upload.id)).state
    assert ("running", "ready") == await box.standing("asr")


async def test_a_verb_that_could_not_be_noted_leaves_no_operation(box: Box, store: LockedStore) -> None:
    """Who asked is told; no operation stays behind that nobody would ever end."""
    await box.deploy("asr")
    store.refusals = 1

    with pytest.raises(StoreUnavailable):
        await box.commands.stop("asr", actor="ann")

    assert [] == box.operations.active()
    assert ("running", "ready") == await box.standing("asr")


async def test_an_operation_whose_end_could_not_be_noted_ends_in_the_next_round(box: Box, store: LockedStore) -> None:
    """Its waiters learn the outcome once it is on disk."""
    await box.deploy("asr")
    stop = await box.commands.stop("asr", actor="ann")
    await box.reconciler.tick()
    box.cluster.step()
    store.refusals = 1
    with pytest.raises(StoreUnavailable):
        await box.reconciler.tick()
    assert OperationState.RUNNING is (await box.operations.get(stop.id)).state

    await box.settle()

    assert OperationState.SUCCEEDED is (await box.operations.get(stop.id)).state
    assert [] == box.operations.active()


async def test_events_of_a_bad_time_are_written_afterwards(box: Box, store: LockedStore) -> None:
    """In their order, with the times at which they happened, each once, however many tell something at once."""
    store.lost_events = 2
    await box.events.record("first", "one")
    box.clock.advance(5)
    await box.events.record("second", "two")
    assert [] == await box.events.list()

    await asyncio.gather(box.events.record("third", "three"), box.events.record("fourth", "four"))

    events = await box.events.list()
    assert ["first", "second", "third", "fourth"] == [event.type for event in events]
    assert 5 == (events[1].time - events[0].time).total_seconds()
