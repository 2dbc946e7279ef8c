"""A plain generator, which blocks, read by an event loop."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterator

AHEAD = 16
"""Items that are made before they are asked for."""
_END = object()
T = TypeVar("T")


async def in_a_thread(begin: Callable[[], Iterator[T]]) -> AsyncGenerator[T, None]:
    """The items of the generator that `begin` gives.

    It runs in one thread from its first item to its last, because much that holds for a block (`torch.no_grad` say)
    holds for a thread. Where nobody wants more, it is closed after the item that it is at.
    """
    from anyio import to_thread

    loop = asyncio.get_running_loop()
    made: asyncio.Queue[T | object] = asyncio.Queue()
    room = threading.Semaphore(AHEAD)
    is_left = threading.Event()

    def run() -> None:
        items = begin()
        try:
            for item in items:
                room.acquire()
                if is_left.is_set():
                    return
                loop.call_soon_threadsafe(made.put_nowait, item)
        finally:
            close = getattr(items, "close", None)
            if close is not None:
                close()

    def end(running: asyncio.Task[None]) -> None:
        if not running.cancelled():
            running.exception()  # seen, should nobody wait for it any more
        made.put_nowait(_END)

    running = asyncio.create_task(to_thread.run_sync(run))
    running.add_done_callback(end)
    try:
        while (item := await made.get()) is not _END:
            room.release()
            yield item  # type: ignore[misc]
        await running
    finally:
        is_left.set()
        room.release()
