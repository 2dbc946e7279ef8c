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

    Watch = Callable[[Future[Any]], None]

logger = logging.getLogger("ray.serve")

_running: set[asyncio.Task[None]] = set()


class Hooks:
    """The hooks of one endpoint."""

    def __init__(self, before: Sequence[BeforeHook], after: Sequence[AfterHook]) -> None:
        self._before = [_Hook(hook) for hook in before]
        self._after = [_Hook(hook) for hook in after]

    def __bool__(self) -> bool:
        return bool(self._before or self._after)

    async def call_before(self, request: EndpointRequest, watch: Watch) -> None:
        """Call one after the other; what one raises ends it.

        Args:
            request: what they get.
            watch: is given each call that runs in a thread.
        """
        for hook in self._before:
            await hook.call(request, watch=watch)

    async def call_after(self, request: EndpointRequest, outcome: EndpointOutcome) -> None:
        """Call all of them, even if whoever waits for them is cancelled; what one raises is logged."""
        if self._after:
            calls = asyncio.create_task(self._call_all_after(request, outcome))
            _running.add(calls)  # the loop keeps no task alive
            calls.add_done_callback(_running.discard)
            await asyncio.shield(calls)

    async def _call_all_after(self, request: EndpointRequest, outcome: EndpointOutcome) -> None:
        for hook in self._after:
            try:
                await hook.call(request, outcome)
            except Exception:
                logger.exception(
                    "Hook %s after endpoint %s failed (request %s).", hook.name, request.endpoint, request.request_id
                )


class _Hook:
    def __init__(self, function: Callable[..., Any]) -> None:
        self.name = getattr(function, "__qualname__", repr(function))
        self._function = function
        call = getattr(function, "__call__", None)  # noqa: B004 - it is callable; is it a coroutine function?
        self._is_async = inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(call)

    async def call(self, *arguments: object, watch: Watch = lambda _: None) -> None:
        if self._is_async:
            await self._function(*arguments)
            return
        step = threads.start(threads.HOOKS, self._function, *arguments)
        watch(step)
        result = await asyncio.wrap_future(step)
        if inspect.isawaitable(result):
            await result
