"""A replica that fails most of its calls is replaced: its calls are counted, and its health check reads the count.

Counted are the calls that Serve makes, not those among a deployment's own methods. A failure is an `InferenceError` or
whatever else is not meant for the client (status 500 and above, or no error of Aana's at all). What says nothing of
this replica is not counted: a call that was cancelled, and an error that came from another deployment.

Serve's own check is extended rather than `check_health`, which would wait for its turn behind a blocking call.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import inspect
import os
import sys
import threading
import time
from collections import deque
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from aanad import errors
from aanad.sdk.exceptions import EndpointError, InferenceError
from aanad.sdk.failures import is_another_s
from aanad.sdk.methods import COUNTED, is_public

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine, Generator

RATIO_VARIABLE = "AANA_FAILURE_RATIO"
WINDOW_VARIABLE = "AANA_FAILURE_WINDOW_S"
MIN_CALLS_VARIABLE = "AANA_FAILURE_MIN_CALLS"
"""The operator's limits; where they are not set, those of `FailureLimits`."""
MAX_TEXT = 300
MARK = "Unhealthy: "
"""The daemon knows by it why a replica was replaced."""
SERVER_ERROR = 500
_FINE = (errors.InvalidInput, errors.NotFound, errors.Refused)
_ELSEWHERE = (errors.TimedOut, errors.Unavailable)
_is_inside: ContextVar[bool] = ContextVar("aana_is_inside_a_call", default=False)
F = TypeVar("F", bound="Callable[..., Any]")


class Unhealthy(Exception):
    """Raised to Serve's health check."""


@dataclass(frozen=True)
class FailureLimits:
    """Above which a replica is replaced."""

    ratio: float = 0.5
    window_s: float = 60.0
    min_calls: int = 10

    @classmethod
    def of(cls, deployment: type) -> FailureLimits:
        """What the author says on the class, else what the operator's settings say, else the defaults."""

        def chosen(attribute: str, variable: str, default: float) -> float:
            by_author: float | None = getattr(deployment, attribute, None)
            return float(os.environ.get(variable, default) if by_author is None else by_author)

        return cls(
            ratio=chosen("failure_ratio", RATIO_VARIABLE, cls.ratio),
            window_s=chosen("failure_window_s", WINDOW_VARIABLE, cls.window_s),
            min_calls=int(chosen("failure_min_calls", MIN_CALLS_VARIABLE, cls.min_calls)),
        )


@dataclass
class _Second:
    at: int
    calls: int = 0
    failures: int = 0


@dataclass
class CallOutcomes:
    """The calls of the last while, added up second by second; used from several threads."""

    limits: FailureLimits
    clock: Callable[[], float] = time.monotonic
    _seconds: deque[_Second] = field(default_factory=deque)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _last_error: str = ""
    _verdict: str | None = None

    def note(self, error: BaseException | None) -> None:
        """A call has ended: well, or with `error`."""
        failed = is_failure(error)
        if failed is None:
            return
        with self._lock:
            now = int(self.clock())
            if not self._seconds or self._seconds[-1].at != now:
                self._forget(now)
                self._seconds.append(_Second(now))
            self._seconds[-1].calls += 1
            if failed:
                self._seconds[-1].failures += 1
                self._last_error = _said(error)

    def verdict(self) -> str | None:
        """Why the replica must be replaced, if it must; once it must, it stays so."""
        with self._lock:
            if self._verdict is None:
                self._forget(int(self.clock()))
                calls = sum(each.calls for each in self._seconds)
                failures = sum(each.failures for each in self._seconds)
                if calls >= self.limits.min_calls and failures > self.limits.ratio * calls:
                    self._verdict = (
                        f"{failures} of {calls} calls within {self.limits.window_s:g} s failed, "
                        f"the last one with {self._last_error}"
                    )
            return self._verdict

    def _forget(self, now: int) -> None:
        while self._seconds and self._seconds[0].at <= now - self.limits.window_s:
            self._seconds.popleft()


def is_failure(error: BaseException | None) -> bool | None:
    """Whether the replica is to blame for the end of a call; None where the call says nothing about it."""
    if error is None:
        return False
    if not isinstance(error, Exception) or is_another_s(error) or isinstance(error, _ELSEWHERE):
        return None
    if isinstance(error, InferenceError):
        return True
    if isinstance(error, EndpointError):
        return not isinstance(error.status, int) or error.status >= SERVER_ERROR
    return not isinstance(error, _FINE)


_watched: list[CallOutcomes] = []
"""This process's calls, once it has a deployment."""


def watch(deployment: type) -> None:
    """Count the calls of this process, whose deployment is of this class; only the first call does."""
    if not _watched:
        _watched.append(CallOutcomes(FailureLimits.of(deployment)))
        _extend_serve_s_check(_watched[0])


def _extend_serve_s_check(outcomes: CallOutcomes) -> None:
    replica: Any = getattr(sys.modules.get("ray.serve._private.replica"), "Replica", None)
    check_health = getattr(replica, "check_health", None)
    if check_health is None:
        return
    is_said = False

    @functools.wraps(check_health)
    async def check_outcomes_too(self: Any) -> None:
        nonlocal is_said
        verdict = outcomes.verdict()
        if verdict is None:
            await check_health(self)
            return
        self._healthy = False
        if not is_said:
            is_said = True
            _say(f"{MARK}{verdict}")
        raise Unhealthy(verdict)

    replica.check_health = check_outcomes_too


def _say(line: str) -> None:
    """Write to the process's own standard error: what failing calls log would soon hide it in the replica's log."""
    with contextlib.suppress(OSError):
        os.write(2, f"{line}\n".encode(errors="replace"))


def _said(error: BaseException | None) -> str:
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - an author's own __str__
        text = ""
    first = next(iter(text.splitlines()), "").strip()
    return (f"{type(error).__name__}: {first}" if first else type(error).__name__)[:MAX_TEXT]


def count_calls(deployment: type) -> None:
    """Make every public method of a class count its calls, inherited ones too; once is enough."""
    for name, function in inspect.getmembers_static(deployment):
        if is_public(name) and inspect.isfunction(function) and not hasattr(function, COUNTED):
            setattr(deployment, name, counted(function))


def counted(function: F) -> F:
    """The method, with its outcomes noted.

    The wrappers name functions of this module only, because Serve may pickle them with the author's class.
    """
    wrapper: Any
    if inspect.iscoroutinefunction(function):

        async def wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
            return await _awaited(function(self, *args, **kwargs))

    elif inspect.isasyncgenfunction(function):

        async def wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
            async with contextlib.aclosing(_paced(function(self, *args, **kwargs))) as items:
                async for item in items:
                    yield item

    else:

        def wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
            return _called(function, self, args, kwargs)

    functools.update_wrapper(wrapper, function)
    if hasattr(function, "__wrapped__"):
        # A decorated method may look for itself on its object by what it wraps; serve.batch's does.
        wrapper.__wrapped__ = function.__wrapped__
    setattr(wrapper, COUNTED, function)
    return wrapper  # type: ignore[no-any-return]


def _called(function: Callable[..., Any], self: object, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if _is_inside.get():
        return function(self, *args, **kwargs)
    _is_inside.set(True)
    try:
        result = function(self, *args, **kwargs)
    except BaseException as error:
        _note(error)
        raise
    finally:
        _is_inside.set(False)
    if inspect.iscoroutine(result):
        return _awaited(result)
    if inspect.isasyncgen(result):
        return _paced(result)
    if inspect.isgenerator(result):
        return _paced(_asynchronous(result)) if _serve_waits() else result
    _note(None)
    return result


async def _awaited(call: Coroutine[Any, Any, Any]) -> Any:
    if _is_inside.get():
        return await call
    _is_inside.set(True)
    try:
        result = await call
    except BaseException as error:
        _note(error)
        raise
    finally:
        _is_inside.set(False)
    _note(None)
    return result


async def _paced(items: AsyncGenerator[Any, Any]) -> AsyncGenerator[Any, None]:
    """The items, with way given after each: what was cancelled ends there, and others have their turn.

    Left alone, a generator that never waits would run to its end and let nothing else happen.
    """
    is_counted = not _is_inside.get()
    try:
        while True:
            _is_inside.set(True)
            try:
                item = await anext(items)
            except StopAsyncIteration:
                break
            finally:
                if is_counted:
                    _is_inside.set(False)
            yield item
            await asyncio.sleep(0)
    except BaseException as error:
        if is_counted:
            _note(error)
        raise
    finally:
        await items.aclose()
    if is_counted:
        _note(None)


async def _asynchronous(items: Generator[Any, Any, Any]) -> AsyncGenerator[Any, None]:
    with contextlib.closing(items):
        for item in items:
            yield item


def _serve_waits() -> bool:
    """Whether it is Serve that calls, and from its event loop; an author's own call gets what the method gives."""
    context: Any = sys.modules.get("ray.serve.context")
    return (
        context is not None
        and bool(context._get_serve_request_context()._internal_request_id)  # noqa: SLF001 - Serve has no public word for it
        and asyncio._get_running_loop() is not None  # noqa: SLF001 - the public one raises
    )


def _note(error: BaseException | None) -> None:
    if _watched:
        _watched[0].note(error)
