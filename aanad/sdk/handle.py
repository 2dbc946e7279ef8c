"""`AanaDeploymentHandle`: how an endpoint, or a deployment, calls the methods of a deployment.

A call is sent again only where its replica was gone or went away before it gave anything, so a method should be
harmless to run twice. A call that is cancelled, or a stream that is not read to its end, is cancelled in the
deployment too. The path of a call that works is kept thin: one cached Serve handle a method, no wrapping of
values.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from time import perf_counter
from typing import TYPE_CHECKING, Any

from aanad.errors import Failed, TimedOut, Unavailable
from aanad.sdk import wiring
from aanad.sdk.counts import CANCELLED, OK, SentSeries, outcome_of, process_counts
from aanad.sdk.failures import is_replica_gone, mark_as_another_s, translated
from aanad.sdk.methods import Kind, public_methods

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Generator

DEFAULT_TIMEOUT_S = 600.0
DEFAULT_RETRIES = 4
FIRST_PAUSE_S = 0.1
"""Doubled before each further attempt."""


class AanaDeploymentHandle:
    """Every public method of a deployment, callable as ``await handle.method(…)``.

    Async generators are iterated: ``async for item in handle.method(…)``.
    """

    def __init__(
        self,
        deployment: str,
        serve_handle: Any,
        *,
        methods: dict[str, Kind] | None = None,
        timeout_s: float | None = DEFAULT_TIMEOUT_S,
        retries: int = DEFAULT_RETRIES,
        series: SentSeries | None = None,
    ) -> None:
        self._deployment = deployment
        self._serve_handle = serve_handle
        self._methods = methods
        self._timeout_s = timeout_s
        self._retries = retries
        self._series = series or SentSeries(process_counts.change)

    @classmethod
    async def create(
        cls,
        name: str,
        *,
        project: str | None = None,
        timeout_s: float | None = DEFAULT_TIMEOUT_S,
        retries: int = DEFAULT_RETRIES,
    ) -> AanaDeploymentHandle:
        """Make a handle of the deployment `name`.

        Args:
            name: as it was registered.
            project: another running project that has it; the caller's own where not given.
            timeout_s: how long one call may take (a stream: each of its items); None waits for ever.
            retries: how often a call is sent again where its replica is gone.

        Raises:
            Failed: the caller's own project has no deployment of that name.
            Unavailable: `project` is not running, or has no such deployment.
        """
        known = wiring.current()
        methods = None
        series = None
        if known is not None and project in {None, known.project}:
            if name not in known.handles:
                listed = ", ".join(sorted(known.handles)) or "none"
                raise Failed(
                    f"Project {known.project} has no deployment {name}.",
                    hint=f"It has: {listed}. For a deployment of another project pass project=….",
                    code="deployment_not_found",
                )
            serve_handle = known.handles[name]
            series = process_counts.sent(known.project, name)
            if name in known.classes:
                methods = public_methods(known.classes[name])
                series.is_followed = hasattr(known.classes[name], "apply_config")
        else:
            project, serve_handle = await _look_up(name, project)
            series = process_counts.sent(project, name)
        serve_handle.options(method_name="__call__")  # connects now, not within the first request
        return cls(name, serve_handle, methods=methods, timeout_s=timeout_s, retries=retries, series=series)

    def __getattr__(self, name: str) -> Callable[..., Call]:
        if name.startswith("_"):
            raise AttributeError(name)
        kind = Kind.UNKNOWN if self._methods is None else self._methods.get(name)
        if kind is None:
            listed = ", ".join(sorted(self._methods or ())) or "none"
            raise AttributeError(f"Deployment {self._deployment} has no public method {name!r}; it has: {listed}.")
        method = _Method(self._deployment, name, kind, self._serve_handle, self._timeout_s, self._retries, self._series)
        self.__dict__[name] = method.__call__
        return method.__call__

    def __repr__(self) -> str:
        return f"AanaDeploymentHandle({self._deployment!r})"


class _Method:
    """One method of one handle."""

    def __init__(
        self,
        deployment: str,
        method: str,
        kind: Kind,
        serve_handle: Any,
        timeout_s: float | None,
        retries: int,
        series: SentSeries,
    ) -> None:
        self.name = f"{deployment}.{method}"
        self.kind = kind
        self.timeout_s = timeout_s
        self.retries = retries
        self._method = method
        self._serve_handle = serve_handle
        self._series = series
        self._remotes: dict[bool, Any] = {}

    def __call__(self, *args: Any, **kwargs: Any) -> Call:
        return Call(self, args, kwargs)

    def remote(self, *, stream: bool) -> Any:
        try:
            return self._remotes[stream]
        except KeyError:
            made = self._serve_handle.options(method_name=self._method, stream=stream)
            self._remotes[stream] = made
            return made

    async def value(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        remote = self.remote(stream=False).remote
        attempt = 0
        response = None
        limit = asyncio.timeout(self.timeout_s)
        outcome = CANCELLED
        began = perf_counter()
        self._series.begin()
        try:
            async with limit:
                while True:
                    try:
                        response = remote(*args, **kwargs)
                        value = await response
                        outcome = OK
                        return value
                    except Exception as error:
                        if attempt >= self.retries or not is_replica_gone(error):
                            raise
                    await asyncio.sleep(FIRST_PAUSE_S * 2**attempt)
                    attempt += 1
        except asyncio.CancelledError:
            _cancel(response)
            raise
        except Exception as error:
            if limit.expired():
                _cancel(response)
                failure: Exception = self.timed_out()
            else:
                failure = self.failed(error)
            outcome = outcome_of(failure)
            if failure is error:
                raise
            raise failure from error
        finally:
            self._series.end(outcome, perf_counter() - began)

    async def stream(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> AsyncIterator[Any]:
        remote = self.remote(stream=True).remote
        attempt = 0
        has_begun = False
        response: Any = None
        outcome = CANCELLED
        began = perf_counter()
        self._series.begin()
        try:
            while True:
                limit = asyncio.timeout(self.timeout_s)
                try:
                    async with limit:
                        if response is None:
                            response = remote(*args, **kwargs)
                        item = await anext(response)
                except StopAsyncIteration:
                    outcome = OK
                    return
                except Exception as error:
                    if limit.expired():
                        failure: Exception = self.timed_out()
                    elif not has_begun and attempt < self.retries and is_replica_gone(error):
                        response = None
                        await asyncio.sleep(FIRST_PAUSE_S * 2**attempt)
                        attempt += 1
                        continue
                    else:
                        failure = self.failed(error)
                    outcome = outcome_of(failure)
                    if failure is error:
                        raise
                    raise failure from error
                has_begun = True
                yield item
        finally:
            if outcome != OK:
                _cancel(response)
            self._series.end(outcome, perf_counter() - began)

    def failed(self, error: Exception) -> Exception:
        """What the caller sees; its own replica is not to blame for it."""
        failure = translated(error, self.name)
        mark_as_another_s(failure)
        return failure

    def timed_out(self) -> TimedOut:
        return TimedOut(
            f"Deployment method {self.name} gave no answer within {self.timeout_s:g} s.",
            hint="Try again later, or allow it more time with AanaDeploymentHandle.create(…, timeout_s=…).",
            code="deployment_timeout",
        )


class Call(Coroutine[Any, Any, Any]):
    """One call, not sent before it is awaited or iterated.

    It is a coroutine, so ``asyncio.create_task`` and ``asyncio.gather`` take it.
    """

    __slots__ = ("_args", "_coroutine", "_kwargs", "_method")

    def __init__(self, method: _Method, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self._method = method
        self._args = args
        self._kwargs = kwargs
        self._coroutine: Coroutine[Any, Any, Any] | None = None

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._value().__await__()

    def __aiter__(self) -> AsyncIterator[Any]:
        if self._method.kind is Kind.VALUE:
            name = self._method.name
            raise TypeError(f"{name} returns one value: write 'await handle.{name.partition('.')[2]}(…)'.")
        return self._method.stream(self._args, self._kwargs)

    def _value(self) -> Coroutine[Any, Any, Any]:
        if self._method.kind is Kind.STREAM:
            name = self._method.name
            raise TypeError(f"{name} yields its results: write 'async for item in handle.{name.partition('.')[2]}(…)'.")
        return self._method.value(self._args, self._kwargs)

    def send(self, value: Any, /) -> Any:
        """Run on, as a coroutine does."""
        if self._coroutine is None:
            self._coroutine = self._value()
        return self._coroutine.send(value)

    def throw(self, *error: Any) -> Any:
        """Raise inside, as a coroutine does."""
        if self._coroutine is None:
            self._coroutine = self._value()
        return self._coroutine.throw(*error)

    def close(self) -> None:
        """End it, as a coroutine does."""
        if self._coroutine is not None:
            self._coroutine.close()


def _cancel(response: Any) -> None:
    if response is not None and hasattr(response, "cancel"):
        with contextlib.suppress(Exception):  # it is over for the caller, whatever becomes of it
            response.cancel()


async def _look_up(name: str, project: str | None) -> tuple[str, Any]:
    from ray import serve

    if project is None:
        project = str(serve.get_replica_context().app_name)
        return project, serve.get_deployment_handle(name, app_name=project, _check_exists=False)
    try:
        return project, await asyncio.to_thread(serve.get_deployment_handle, name, app_name=project)
    except KeyError:
        raise Unavailable(
            f"There is no deployment {name} of a running project {project}.",
            hint=f"Look at 'aana ps' and start {project} first, or correct the name.",
            code="deployment_not_found",
        ) from None
