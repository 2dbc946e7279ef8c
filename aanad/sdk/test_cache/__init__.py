"""`test_cache`: a deployment's method records what it gave, and gives it again without its model.

* Off, which is the default: the method itself is called.
* ``USE_DEPLOYMENT_CACHE=true``: what was recorded is replayed. `BaseDeployment.apply_config` is not called, so no
  model is loaded; a call that was never recorded raises `RecordingMissing`.
* ``SAVE_DEPLOYMENT_CACHE=true``: the method is called and recorded, over what was there.
* Both: what was recorded is replayed, what is missing is called and recorded. `apply_config` waits for the first
  call that needs it.

Both variables are read whenever a call begins. `mode.cache_folder` says where the files are, `key` what makes two
calls the same, `encoding` what can be recorded.
"""

from __future__ import annotations

import inspect
from contextlib import aclosing
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

from aanad.sdk.test_cache.mode import Mode, current_mode
from aanad.sdk.test_cache.postponing import MARK, postponed

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator

    from aanad.sdk.test_cache.call import CachedCall

__all__ = ["Mode", "test_cache"]

Method = TypeVar("Method", bound="Callable[..., Any]")


def test_cache(method: Method) -> Method:
    """Record and replay a method of a deployment: ``async def``, plain, or a generator of either kind.

    Raises:
        TypeError: it stands above something that is no plain function, ``@staticmethod`` say.
    """
    if not inspect.isfunction(method):
        raise TypeError(
            f"@test_cache takes a method of a deployment, not {method!r}: write it right above 'def', below others."
        )
    function: Callable[..., Any] = method
    cached: Callable[..., Any]
    if inspect.isasyncgenfunction(function):

        @wraps(function)
        async def cached(self: Any, /, *args: Any, **kwargs: Any) -> AsyncGenerator[Any, None]:
            call = _begin(function, self, args, kwargs)
            items = call.stream() if call else function(self, *args, **kwargs)
            async with aclosing(items):
                async for item in items:
                    yield item

    elif inspect.iscoroutinefunction(function):

        @wraps(function)
        async def cached(self: Any, /, *args: Any, **kwargs: Any) -> Any:
            call = _begin(function, self, args, kwargs)
            return await (call.value() if call else function(self, *args, **kwargs))

    elif inspect.isgeneratorfunction(function):

        @wraps(function)
        def cached(self: Any, /, *args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
            call = _begin(function, self, args, kwargs)
            return (yield from (call.plain_stream() if call else function(self, *args, **kwargs)))

    else:

        @wraps(function)
        def cached(self: Any, /, *args: Any, **kwargs: Any) -> Any:
            call = _begin(function, self, args, kwargs)
            return call.plain_value() if call else function(self, *args, **kwargs)

    setattr(cached, MARK, True)
    return cast("Method", cached)


test_cache.__test__ = False  # type: ignore[attr-defined]  # pytest would take it for a test, by its name


def _begin(function: Any, deployment: object, args: tuple[Any, ...], kwargs: dict[str, Any]) -> CachedCall | None:
    mode = current_mode()
    if mode is Mode.OFF and postponed(deployment) is None:
        return None
    from aanad.sdk.test_cache.call import CachedCall

    return CachedCall(function, deployment, args, kwargs, mode)
