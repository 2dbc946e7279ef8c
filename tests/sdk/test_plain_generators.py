"""Plain generators read by an event loop: order, errors, one thread, an early end, no more ahead than needed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from aanad.sdk.plain_generators import AHEAD, in_a_thread
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
    """After the item that it is at, though it waits for room."""
    source = Source(1_000_000)
    items = in_a_thread(source.items)
    assert await anext(items) == 0
    await items.aclose()

    await asyncio.to_thread(eventually, lambda: source.is_closed, within=5)
    assert source.made <= AHEAD + 2


async def test_a_slow_reader_is_waited_for() -> None:
    """What nobody has read yet does not fill the memory."""
    source = Source(1_000_000)
    items = in_a_thread(source.items)
    assert await anext(items) == 0

    await asyncio.to_thread(eventually, lambda: source.made == AHEAD + 2, within=5)
    assert await anext(items) == 1
    await asyncio.to_thread(eventually, lambda: source.made == AHEAD + 3, within=5)
    await items.aclose()


async def test_any_iterator_will_do() -> None:
    """It need not be one that can be closed."""
    assert [item async for item in in_a_thread(lambda: iter([1, 2]))] == [1, 2]
