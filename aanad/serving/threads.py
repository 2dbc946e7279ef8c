"""The threads of an ingress replica: authors' plain functions run there, so that none holds up the event loop.

Threads of their own, not the loop's default ones: of those there are six on a small box, and libraries need them.
Plain generators have others: `aanad.sdk.plain_generators`.
"""

from __future__ import annotations

import contextvars
import functools
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

RUNS = ThreadPoolExecutor(64, thread_name_prefix="endpoint")
HOOKS = ThreadPoolExecutor(16, thread_name_prefix="hook")
"""Not those of `RUNS`: a hook need not wait until somebody's model is done."""


def start(pool: ThreadPoolExecutor, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
    """Run `function` in a thread, with the context of the caller: Serve keeps the request's id in it."""
    return pool.submit(contextvars.copy_context().run, functools.partial(function, *args, **kwargs))
