"""Plain generators read by an event loop: order, errors, one thread and context, an early end, nothing ahead."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import sqlite3
import threading
from collections.abc import Iterator

import anyio
import pytest

from aanad.sdk import plain_generators
from aanad.sdk.plain_generators import in_a_thread
from tests.e2e.box import eventually


class Source:
    """Notes what was made of it."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.made = 0
        self.is_closed = False
        self.threads: set[int] = set()

    def items(self) -> Iterator[int]:
        """So many."""
        try:
            for number in range(self.count):
                self.threads.add(threading.get_ident())
                self.made += 1
                yield number
        finally:
            self.threads.add(threading.get_ident())
            self.is_closed = True


async def test_all_items_come_in_their_order_from_one_thread() -> None:
    """Which is not the event loop's, and is the same for its ``finally``."""
    source = Source(500)

    assert [item async for item in in_a_thread(source.items)] == list(range(500))
    assert source.is_closed
    assert len(source.threads) == 1
    assert threading.get_ident() not in source.threads


async def test_what_it_raises_comes_after_its_items() -> None:
    """As from any generator."""

    def breaks() -> Iterator[int]:
        yield 1
        raise ValueError("no more")

    items = in_a_thread(breaks)
    assert await anext(items) == 1
    with pytest.raises(ValueError, match="no more"):
        await anext(items)


async def test_it_is_closed_where_nobody_wants_more() -> None:
    """After the item that it is at, and in its thread."""
    source = Source(1_000_000)
    items = in_a_thread(source.items)
    assert await anext(items) == 0
    await items.aclose()

    await asyncio.to_thread(eventually, lambda: source.is_closed, within=5)
    assert source.made == 1
    assert len(source.threads) == 1


async def test_one_that_blocks_is_closed_after_its_item() -> None:
    """Leaving it takes no time all the same."""
    is_free, is_closed = threading.Event(), threading.Event()

    def blocks() -> Iterator[int]:
        try:
            yield 1
            is_free.wait()
            yield 2
        finally:
            is_closed.set()

    items = in_a_thread(blocks)
    assert await anext(items) == 1
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(anext(items), 0.05)
    assert not is_closed.is_set()

    is_free.set()
    assert await asyncio.to_thread(is_closed.wait, 5)


async def test_an_item_is_made_when_the_one_before_was_dealt_with() -> None:
    """What nobody has read yet does not fill the memory, and one buffer may be filled again and again."""
    buffer = bytearray(1)

    def fills() -> Iterator[bytearray]:
        for number in range(100):
            buffer[0] = number
            yield buffer

    seen = []
    async for item in in_a_thread(fills):
        await asyncio.sleep(0)
        seen.append(item[0])

    assert seen == list(range(100))


async def test_what_holds_for_a_thread_or_a_context_holds_for_all_of_it() -> None:
    """A connection of sqlite3, a thread's local values, context variables: those of the caller, and its own."""
    asked_by: contextvars.ContextVar[str] = contextvars.ContextVar("asked_by")
    local = threading.local()

    def reads() -> Iterator[tuple[object, ...]]:
        callers = asked_by.get()
        asked_by.set("itself")
        local.value = "mine"
        with contextlib.closing(sqlite3.connect(":memory:")) as connection:
            connection.execute("create table numbers as select 1 as number union select 2")
            for (number,) in connection.execute("select number from numbers order by number"):
                yield number, callers, asked_by.get(), local.value

    asked_by.set("client")
    found = [item async for item in in_a_thread(reads)]

    assert found == [(number, "client", "itself", "mine") for number in (1, 2)]
    assert asked_by.get() == "client"


async def test_who_watches_learns_when_the_thread_is_free() -> None:
    """Not before the generator is closed."""
    source = Source(3)
    watched: list[asyncio.Future[object]] = []
    items = in_a_thread(source.items, watched.append)
    assert await anext(items) == 0
    [free] = watched
    assert not free.done()

    await items.aclose()
    await asyncio.wait_for(asyncio.shield(free), 5)
    assert source.is_closed


async def test_there_are_no_more_threads_than_the_limit() -> None:
    """A further generator waits for one that ends; the reader of one that waits may leave."""
    plain_generators._threads.set(anyio.CapacityLimiter(1))  # of this test's loop
    slow, left, other = Source(2), Source(1), Source(1)
    slowly_read = in_a_thread(slow.items)
    assert await anext(slowly_read) == 0

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(anext(in_a_thread(left.items)), 0.05)
    waiting = asyncio.create_task(anext(in_a_thread(other.items)))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    assert other.made == 0
    await slowly_read.aclose()

    assert await asyncio.wait_for(waiting, 5) == 0
    assert left.made == 0


async def test_any_iterator_will_do() -> None:
    """It need not be one that can be closed."""
    assert [item async for item in in_a_thread(lambda: iter([1, 2]))] == [1, 2]
