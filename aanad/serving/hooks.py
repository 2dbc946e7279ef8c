"""Calling what an author wants to run before and after an endpoint."""

from __future__ import annotations

import asyncio
import inspect
import logging
from typing import TYPE_CHECKING, Any

from aanad.serving import threads

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future

    from aanad.sdk.hooks import AfterHook, BeforeHook, EndpointOutcome, EndpointRequest

logger = logging.getLogger("ray.serve")

_running: set[asyncio.Task[None]] = set()


async def call_before(
    hooks: Sequence[BeforeHook], request: EndpointRequest, watch: Callable[[Future[Any]], None]
) -> None:
    """Call one after the other; what one raises ends it.

    Args:
        hooks: the hooks.
        request: what they get.
        watch: is given each call that runs in a thread.
    """
    for hook in hooks:
        await _call(hook, request, watch=watch)


async def call_after(hooks: Sequence[AfterHook], request: EndpointRequest, outcome: EndpointOutcome) -> None:
    """Call all of them, even if whoever waits for them is cancelled; what one raises is logged."""
    calls = asyncio.create_task(_call_all(hooks, request, outcome))
    _running.add(calls)  # the loop keeps no task alive
    calls.add_done_callback(_running.discard)
    await asyncio.shield(calls)


async def _call_all(hooks: Sequence[AfterHook], request: EndpointRequest, outcome: EndpointOutcome) -> None:
    for hook in hooks:
        try:
            await _call(hook, request, outcome)
        except Exception:
            name = getattr(hook, "__qualname__", repr(hook))
            logger.exception(
                "Hook %s after endpoint %s failed (request %s).", name, request.endpoint, request.request_id
            )


async def _call(
    hook: Callable[..., Any], *arguments: object, watch: Callable[[Future[Any]], None] = lambda _: None
) -> None:
    if inspect.iscoroutinefunction(hook) or inspect.iscoroutinefunction(getattr(hook, "__call__", None)):  # noqa: B004
        await hook(*arguments)
        return
    call = threads.start(threads.HOOKS, hook, *arguments)
    watch(call)
    result = await asyncio.wrap_future(call)
    if inspect.isawaitable(result):
        await result
