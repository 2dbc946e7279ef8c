"""The hub: whatever is published, cut and taken up again, a reader ends with what the hub has."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aanad.client.watch import Watched, server_sent
from aanad.core import watch as watch_module
from aanad.core.watch import WatchHub
from aanad.wire.base import WireModel
from aanad.wire.watch import Topic, WatchDelta, WatchDropped, WatchSnapshot


class Item(WireModel):
    """Something to publish."""

    value: int


TOPICS: list[Topic] = ["projects", "gpus"]
ITEMS = st.dictionaries(st.sampled_from(['a"\n', "b", "ü "]), st.builds(Item, value=st.integers(0, 2)))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("publish"), st.sampled_from(TOPICS), ITEMS),
        st.tuples(st.just("read"), st.integers(1, 4)),
        st.just(("cut",)),
    ),
    max_size=30,
)


class Reader:
    """A client of a hub, without the network in between."""

    def __init__(self, hub: WatchHub, topics: list[Topic]) -> None:
        self._hub = hub
        self._topics = topics
        self._stream: AsyncGenerator[bytes, None] | None = None
        self.watched = Watched()
        self.position: tuple[str | None, int | None] = (None, None)
        self.kinds: list[str] = []

    async def read(self) -> bool:
        """Take in what comes next; whether something did."""
        if self._stream is None:
            epoch, cursor = self.position
            self._stream = self._hub.follow(self._topics, epoch=epoch, cursor=cursor)
        try:
            piece = await asyncio.wait_for(anext(self._stream), 5)
        except StopAsyncIteration:
            self._stream = None
            return False
        is_quiet = True
        for kind, position, data in server_sent(piece.decode().split("\n")):
            if position is not None:
                epoch, _, cursor = position.rpartition("/")
                self.position = (epoch, int(cursor))
            self.kinds += [kind] if kind else []
            if kind == "snapshot":
                self.watched.apply(WatchSnapshot.model_validate_json(data))
            elif kind == "delta":
                self.watched.apply(WatchDelta.model_validate_json(data))
            is_quiet = is_quiet and not kind
        return not is_quiet

    async def catch_up(self) -> None:
        """Read until it has all there is."""
        while self.position[1] != self._hub.cursor:
            await self.read()

    def cut(self) -> None:
        """The link breaks."""
        self._stream = None


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Heartbeats at once, so that a test need not wait for what does not come."""
    monkeypatch.setattr(watch_module, "HEARTBEAT_S", 0.001)
    monkeypatch.setattr(watch_module, "PACE_S", 0)


def run(steps: list[tuple], topics: list[Topic], kept: int) -> tuple[WatchHub, Reader, dict]:
    """Carry the steps out, and let the reader read to the end."""

    async def all_of_it() -> tuple[WatchHub, Reader, dict]:
        hub = WatchHub(max_changes=kept)
        reader = Reader(hub, topics)
        truth: dict[str, dict[str, dict[str, int]]] = {}
        for step in steps:
            match step:
                case ("publish", topic, items):
                    hub.publish(topic, items)
                    truth[topic] = {key: item.model_dump() for key, item in items.items()}
                case ("read", count):
                    for _ in range(count):
                        await reader.read()
                case ("cut",):
                    reader.cut()
        while not reader.kinds:
            await reader.read()
        await reader.catch_up()
        return hub, reader, truth

    return asyncio.run(all_of_it())


@settings(max_examples=150, deadline=None)
@given(steps=STEPS, topics=st.sampled_from([["projects"], ["projects", "gpus"]]), kept=st.sampled_from([2, 5, 1000]))
def test_a_reader_ends_with_what_the_hub_has(steps: list[tuple], topics: list[Topic], kept: int) -> None:
    """In any order of publishing, reading and cuts, with a ring of any size, of the topics it asked for."""
    _, reader, truth = run(steps, topics, kept)

    assert {topic: truth.get(topic, {}) for topic in topics} == reader.watched.state


async def test_only_differences_are_sent() -> None:
    """Publishing the same again is no change; each change has a cursor one higher than the last."""
    hub = WatchHub()
    hub.publish("projects", {"a": Item(value=1), "b": Item(value=1)})
    hub.publish("projects", {"a": Item(value=1), "b": Item(value=1)})
    assert 2 == hub.cursor
    hub.publish("projects", {"b": Item(value=2)})
    assert 4 == hub.cursor


async def test_a_cursor_of_the_same_epoch_goes_on_and_another_gets_a_snapshot() -> None:
    """What was missed comes as deltas; where the daemon was another, or the cursor is none of its own, everything."""
    hub = WatchHub()
    hub.publish("projects", {"a": Item(value=1)})
    for epoch, cursor, expected in [
        (hub.epoch, 0, ["delta"]),
        ("another", 0, ["snapshot"]),
        (hub.epoch, 99, ["snapshot"]),
        (None, None, ["snapshot"]),
    ]:
        reader = Reader(hub, TOPICS)
        reader.position = (epoch, cursor)
        await reader.catch_up()
        while not reader.kinds:
            await reader.read()
        assert expected == reader.kinds


async def test_a_filtered_reader_keeps_up_with_the_cursor() -> None:
    """Changes of topics that it left out move its cursor too, so that it stays within what is kept."""
    hub = WatchHub(max_changes=10)
    reader = Reader(hub, ["gpus"])
    await reader.read()
    await reader.read()
    for number in range(9):
        hub.publish("projects", {"a": Item(value=number)})
    while reader.position[1] != hub.cursor:
        await reader.read()
    reader.cut()
    hub.publish("projects", {"a": Item(value=-1)})

    await reader.catch_up()

    assert ["snapshot"] == reader.kinds


async def test_who_falls_out_of_the_ring_is_dropped_with_a_reason() -> None:
    """The stream ends with it; reading on from the cursor then gives a new snapshot."""
    hub = WatchHub(max_changes=3)
    reader = Reader(hub, TOPICS)
    await reader.read()
    await reader.read()
    for number in range(4):
        hub.publish("projects", {"a": Item(value=number)})

    while await reader.read():
        pass
    assert ["snapshot", "dropped"] == reader.kinds

    await reader.catch_up()
    assert {"a": {"value": 3}} == reader.watched.state["projects"]
    assert "snapshot" == reader.kinds[-1]


async def test_the_ring_is_bounded_in_bytes() -> None:
    """A few large items cost no more memory than many small ones."""
    hub = WatchHub(max_bytes=10_000)

    class Large(WireModel):
        text: str

    for number in range(50):
        hub.put("projects", "a", Large(text=str(number) * 1000))

    assert sum(len(change.frame) for change in hub._changes) <= 10_000


async def test_the_stop_is_said() -> None:
    """Every reader gets what there was, and then the reason."""
    hub = WatchHub()
    stream = hub.follow(TOPICS)
    await anext(stream)
    await anext(stream)
    hub.publish("projects", {"a": Item(value=1)})
    hub.stop()

    rest = [event async for piece in stream for event in server_sent(piece.decode().split("\n"))]

    assert ["delta", "dropped"] == [kind for kind, _, _ in rest]
    assert "stopping" == WatchDropped.model_validate_json(rest[-1][2]).reason
