"""The threads of an ingress replica: authors' plain functions run there, so that none holds up the event loop.

Threads of their own, not the loop's default ones: of those there are six on a small box, and libraries need them.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator
    from concurrent.futures import Future

RUNS = ThreadPoolExecutor(64, thread_name_prefix="endpoint")
HOOKS = ThreadPoolExecutor(16, thread_name_prefix="hook")
"""Not those of `RUNS`: a hook need not wait until somebody's model is done."""

_END = object()


def start(pool: ThreadPoolExecutor, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
    """Run `function` in a thread, with the context of the caller: Serve keeps the request's id in it."""
    return pool.submit(contextvars.copy_context().run, functools.partial(function, *args, **kwargs))


async def items(
    source: Generator[Any, Any, Any], watch: Callable[[Future[Any]], None] = lambda _: None
) -> AsyncGenerator[Any, None]:
    """Iterate over a plain generator, each step in a thread.

    However the iteration ends, the generator is closed: at once, or when the step that still runs is done.

    Args:
        source: the generator.
        watch: is given each step, and the closing.
    """
    step: Future[Any] | None = None
    try:
        while True:
            step = start(RUNS, next, source, _END)
            watch(step)
            item = await asyncio.wrap_future(step)
            if item is _END:
                return
            yield item
    finally:
        closing = functools.partial(start, RUNS, source.close)
        if step is None or step.done():
            watch(closing())
        else:
            step.add_done_callback(lambda _: closing())
