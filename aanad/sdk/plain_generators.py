"""A plain generator, which blocks, read by an event loop: those of endpoints, and those of deployments."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any, TypeVar

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterator

MAX_THREADS = 1000
"""Generators that an event loop reads at once; further ones wait. A replica has no more requests than that."""
_END = object()
_threads: RunVar[CapacityLimiter] = RunVar("aana_generator_threads")
T = TypeVar("T")


async def in_a_thread(
    begin: Callable[[], Iterator[T]], watch: Callable[[asyncio.Future[Any]], None] = lambda _: None
) -> AsyncGenerator[T, None]:
    """The items of the generator that `begin` gives.

    It runs in one thread and one context from its first item to its last, because much that holds for a block
    (`torch.no_grad`, a connection of sqlite3, a context variable) holds for a thread. So it has that thread to itself
    while its reader is slow. As in a ``for`` loop, an item is made when the one before has been dealt with: a
    generator may fill one buffer again and again.

    Where nobody wants more, it is closed, in its thread: at once, or after the item that it is at.

    Args:
        begin: gives the generator, or any other iterator; called in the thread.
        watch: is given what is done when the generator has ended and its thread is free.
    """
    loop = asyncio.get_running_loop()
    made: asyncio.Queue[T | object] = asyncio.Queue()
    wanted = threading.Semaphore(0)
    is_left = threading.Event()

    def run() -> None:
        if is_left.is_set():
            return
        items = begin()
        try:
            for item in items:
                loop.call_soon_threadsafe(made.put_nowait, item)
                wanted.acquire()
                if is_left.is_set():
                    return
        finally:
            close = getattr(items, "close", None)
            if close is not None:
                close()

    def end(running: asyncio.Task[None]) -> None:
        if not running.cancelled():
            running.exception()  # seen, should nobody wait for it any more
        made.put_nowait(_END)

    running = asyncio.create_task(to_thread.run_sync(run, limiter=_limiter()))
    running.add_done_callback(end)
    watch(running)
    try:
        while (item := await made.get()) is not _END:
            yield item  # type: ignore[misc]
            wanted.release()
        await running
    finally:
        is_left.set()
        wanted.release()


def _limiter() -> CapacityLimiter:
    """One of this module's own: the default one has 40 places, which routers' plain functions need."""
    try:
        return _threads.get()
    except LookupError:
        limiter = CapacityLimiter(MAX_THREADS)
        _threads.set(limiter)
        return limiter
