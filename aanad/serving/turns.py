"""One request's turn at its endpoint: a place, the time it may take, the hooks before and after.

A route opens a turn when it has read the request (`Turns.turn`), works inside `Turn.work`, and closes the turn when
the answer is complete. What goes wrong in `work` is raised from it, so the route answers it like any error.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Self

from aanad.sdk.exceptions import TimedOut
from aanad.sdk.hooks import EndpointOutcome, EndpointRequest
from aanad.sdk.plain_generators import in_a_thread
from aanad.serving import threads
from aanad.serving.admission import Admission
from aanad.serving.hooks import Hooks
from aanad.serving.problems import request_id

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator
    from concurrent.futures import Future
    from contextlib import AbstractAsyncContextManager
    from types import TracebackType

    from aanad.sdk.counts import EndpointSeries
    from aanad.sdk.endpoint import EndpointOptions, RegisteredEndpoint
    from aanad.serving.admission import Place
    from aanad.serving.asgi import Scope

_NOTHING = nullcontext()


class Turn:
    """A turn without limits and hooks: nothing is waited for, nothing is told."""

    result: Any = None
    """What `run` returned; the route notes it."""
    error: Exception | None = None
    """What went wrong; the route notes what it finds outside of `work`."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        """The answer is complete, or nobody waits for it any more."""

    def work(self) -> AbstractAsyncContextManager[object]:
        """The place, the time limit and the hooks before, around what the endpoint does.

        Raises:
            TooManyRequests: there is no place, and none in the queue.
            TimedOut: waiting and working took too long; the work has been cancelled.
            Exception: what a hook or the endpoint raised.
        """
        return _NOTHING

    async def in_thread(self, function: Callable[..., Any], /, **arguments: Any) -> Any:
        """Call a plain `run` in a thread."""
        call = threads.start(threads.RUNS, function, **arguments)
        self._watch(call)
        return await asyncio.wrap_future(call)

    def items(self, source: Generator[Any, Any, Any]) -> AsyncGenerator[Any, None]:
        """Iterate over a plain generator in a thread."""
        return in_a_thread(lambda: source, self._watch)

    def _watch(self, call: Future[Any] | asyncio.Future[Any]) -> None:
        """A call in a thread has begun."""


class Turns:
    """The turns of an endpoint without limits and hooks."""

    def refuse_if_full(self) -> None:
        """Look before a request is read whether it would be refused anyway.

        Raises:
            TooManyRequests: so it is.
        """

    def turn(self, scope: Scope, arguments: dict[str, Any]) -> Turn:  # noqa: ARG002 - others need them
        """A turn for a request that has been read."""
        return Turn()


def turns_of(endpoint: RegisteredEndpoint, series: EndpointSeries) -> Turns:
    """The turns that the options of `endpoint` ask for; `series` is where its requests are counted."""
    options = endpoint.options
    if options.timeout_s is None and options.max_concurrent is None and not options.before and not options.after:
        return Turns()
    return LimitedTurns(endpoint.name, options, series)


class LimitedTurns(Turns):
    """The turns of an endpoint with a limit or a hook."""

    def __init__(self, endpoint: str, options: EndpointOptions, series: EndpointSeries) -> None:
        self.endpoint = endpoint
        self.timeout_s = options.timeout_s
        self.hooks = Hooks(options.before, options.after)
        self.admission = (
            Admission(endpoint, options.max_concurrent, options.max_queued, series) if options.max_concurrent else None
        )

    def refuse_if_full(self) -> None:  # noqa: D102
        if self.admission is not None:
            self.admission.refuse_if_full()

    def turn(self, scope: Scope, arguments: dict[str, Any]) -> Turn:  # noqa: D102
        return LimitedTurn(self, scope, arguments)


class LimitedTurn(Turn):
    """One request of such an endpoint."""

    def __init__(self, turns: LimitedTurns, scope: Scope, arguments: dict[str, Any]) -> None:
        self._turns = turns
        self._begun_at = time.monotonic()
        self._place: Place | None = None
        self._request: EndpointRequest | None = None
        if turns.hooks:
            self._request = EndpointRequest(turns.endpoint, request_id(scope), _headers(scope), arguments)
        self._has_been_seen = False

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        if self._request is None or not self._has_been_seen:
            return
        outcome = EndpointOutcome(
            duration_s=time.monotonic() - self._begun_at,
            result=self.result,
            error=self.error,
            client_left=isinstance(error, asyncio.CancelledError),
        )
        await self._turns.hooks.call_after(self._request, outcome)

    @asynccontextmanager
    async def work(self) -> AsyncIterator[None]:  # noqa: D102
        limit = asyncio.timeout(self._turns.timeout_s)
        try:
            async with limit:
                if self._turns.admission is not None:
                    self._place = await self._turns.admission.enter()
                self._has_been_seen = True
                if self._request is not None:
                    await self._turns.hooks.call_before(self._request, self._watch)
                yield
        except Exception as error:
            if limit.expired():
                self.error = _timed_out(self._turns.endpoint, self._turns.timeout_s)
                raise self.error from error
            self.error = error
            raise
        finally:
            if self._place is not None:
                self._place.let_go()

    def _watch(self, call: Future[Any] | asyncio.Future[Any]) -> None:
        if self._place is not None:
            self._place.hold_until(call)


def _headers(scope: Scope) -> dict[str, str]:
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _timed_out(endpoint: str, timeout_s: float | None) -> TimedOut:
    return TimedOut(
        f"Endpoint {endpoint} did not finish within {timeout_s:g} s.",
        hint="Ask for less at once, or try again when less is going on.",
        code="endpoint_timeout",
    )
