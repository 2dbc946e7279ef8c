"""The calls that Serve makes in a replica: they and their outcomes are counted, and what is cancelled ends.

Serve's own ways to a method and to a health check are extended, where it has them. So a deployment's calls of its own
methods are its own affair, and the check of outcomes does not wait for its turn behind a call that blocks, as an
author's `check_health` does.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import functools
import inspect
import os
import sys
from time import perf_counter
from typing import TYPE_CHECKING, Any

from aanad.sdk import counts_file
from aanad.sdk.call_outcomes import CallOutcomes, FailureLimits
from aanad.sdk.counts import Series, outcome_of, process_counts
from aanad.sdk.plain_generators import in_a_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

MARK = "Unhealthy: "
"""The daemon knows by it why a replica was replaced."""
_FOLLOWED = "_aana_is_followed"
_watched: list[CallOutcomes] = []
"""This process's calls, once it has a deployment."""


class Unhealthy(Exception):
    """Raised to Serve's health check."""


def watch(deployment: type) -> None:
    """Follow the calls of this process, if it is a replica of this class; only the first call does."""
    serve_replica: Any = sys.modules.get("ray.serve._private.replica")
    if _watched or serve_replica is None:
        return
    outcomes = CallOutcomes(FailureLimits.of(deployment))
    _watched.append(outcomes)
    _extend_methods(serve_replica.UserCallableWrapper, outcomes, process_counts.served())
    _extend_health_check(serve_replica.Replica, outcomes)
    counts_file.keep()


def _extend_methods(user_callable: Any, outcomes: CallOutcomes, series: Series) -> None:
    find = user_callable.get_user_method_info

    @functools.wraps(find)
    def find_followed(self: Any, method_name: str) -> Any:
        found = find(self, method_name)
        if not hasattr(found.callable, _FOLLOWED):
            found = dataclasses.replace(found, callable=followed(found.callable, outcomes, series))
            self._cached_user_method_info[method_name] = found
        return found

    user_callable.get_user_method_info = find_followed


def _extend_health_check(replica: Any, outcomes: CallOutcomes) -> None:
    check_health = replica.check_health
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


def followed(method: Callable[..., Any], outcomes: CallOutcomes, series: Series | None = None) -> Callable[..., Any]:
    """A bound method as Serve is to call it; of the same kind, but that a plain generator becomes an async one.

    Args:
        method: the author's.
        outcomes: what the replica's health is judged by.
        series: where its calls are counted.
    """
    wrapper: Any
    if inspect.iscoroutinefunction(method):

        async def wrapper(*args: Any, **kwargs: Any) -> Any:
            with _noting(outcomes, series):
                return await method(*args, **kwargs)

    elif inspect.isasyncgenfunction(method) or inspect.isgeneratorfunction(method):
        is_plain = inspect.isgeneratorfunction(method)

        async def wrapper(*args: Any, **kwargs: Any) -> Any:
            begin = functools.partial(method, *args, **kwargs)
            async with contextlib.aclosing(in_a_thread(begin) if is_plain else begin()) as items:
                with _noting(outcomes, series):
                    async for item in items:
                        yield item
                        # One that never waits would run to its end, and let nobody else have a turn.
                        await asyncio.sleep(0)

    else:

        def wrapper(*args: Any, **kwargs: Any) -> Any:
            with _noting(outcomes, series):
                return method(*args, **kwargs)

    functools.update_wrapper(wrapper, method)
    setattr(wrapper, _FOLLOWED, True)
    return wrapper  # type: ignore[no-any-return]


@contextlib.contextmanager
def _noting(outcomes: CallOutcomes, series: Series | None) -> Generator[None, None, None]:
    began = perf_counter()
    if series is not None:
        series.begin()
    failure: BaseException | None = None
    try:
        yield
    except BaseException as error:
        failure = error
        raise
    finally:
        outcomes.note(failure)
        if series is not None:
            series.end(outcome_of(failure), perf_counter() - began)
