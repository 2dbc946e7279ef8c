"""`LocalHandle`: Serve's handle of a deployment that is an object in this process.

As between processes, arguments and results are copies, a call begins when it is sent, a stream runs ahead of its
reader, and what the deployment raises arrives as Ray carries it.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import traceback
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator, Iterator

_END = object()


class LocalHandle:
    """Calls one method of an object; ``options`` names another."""

    def __init__(self, target: object, method: str = "__call__", *, stream: bool = False) -> None:
        self._target = target
        self._method = method
        self._stream = stream

    def options(self, *, method_name: str = "__call__", stream: bool = False, **_: Any) -> LocalHandle:
        """Another method, or the same as a stream."""
        return LocalHandle(self._target, method_name, stream=stream)

    def remote(self, *args: Any, **kwargs: Any) -> LocalResponse | LocalStream:
        """Call the method: something to await, or to iterate over where it is a stream.

        Raises:
            TypeError: an argument cannot be sent to another process.
        """
        sent_args, sent_kwargs = _copy((args, kwargs))
        name = f"{type(self._target).__name__}.{self._method}"
        if self._stream:
            return LocalStream(name, self._items(sent_args, sent_kwargs))
        return LocalResponse(name, self._value(sent_args, sent_kwargs))

    async def _value(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        result = getattr(self._target, self._method)(*args, **kwargs)
        if inspect.isawaitable(result):
            result = await result
        if inspect.isasyncgen(result) or inspect.isgenerator(result):
            raise TypeError(f"{self._method} is a generator: call it as a stream.")
        return _copy(result)

    async def _items(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> AsyncGenerator[Any, None]:
        result = getattr(self._target, self._method)(*args, **kwargs)
        if inspect.isawaitable(result):
            result = await result
        items = result if hasattr(result, "__aiter__") else _in_turns(result, self._method)
        async with aclosing(aiter(items)) as source:
            async for item in source:
                yield _copy(item)


class LocalResponse:
    """The answer of a call, once it is awaited."""

    def __init__(self, name: str, call: Any) -> None:
        self._name = name
        self._task = asyncio.ensure_future(call)

    def __await__(self) -> Generator[Any, None, Any]:
        return self._result().__await__()

    def cancel(self) -> None:
        """Give the call up."""
        self._task.cancel()

    async def _result(self) -> Any:
        try:
            return await self._task
        except Exception as error:
            raise carried(error, self._name) from error


class LocalStream:
    """The items of a call, as they come."""

    def __init__(self, name: str, items: AsyncGenerator[Any, None]) -> None:
        self._name = name
        self._queue: asyncio.Queue[Any] = asyncio.Queue()
        self._task = asyncio.ensure_future(self._run(items))

    def __aiter__(self) -> LocalStream:
        return self

    async def __anext__(self) -> Any:
        item = await self._queue.get()
        if item is not _END:
            return item
        self._queue.put_nowait(_END)
        try:
            await self._task
        except Exception as error:
            raise carried(error, self._name) from error
        raise StopAsyncIteration

    def cancel(self) -> None:
        """Give the call up; its generator is closed."""
        self._task.cancel()

    async def _run(self, items: AsyncGenerator[Any, None]) -> None:
        try:
            async with aclosing(items):
                async for item in items:
                    self._queue.put_nowait(item)
        finally:
            self._queue.put_nowait(_END)


def carried(error: Exception, name: str) -> Exception:
    """`error` as a caller in another process gets it from Ray."""
    from ray.exceptions import RayError, RayTaskError

    try:
        copied = _copy(error)
    except Exception as failure:  # noqa: BLE001 - whatever an error's own reduction raises
        return cast("Exception", RayError(f"{type(error).__name__} cannot be carried over: {failure}"))
    lines = "".join(traceback.format_exception(error))
    made: Any = RayTaskError(name, lines, copied, proctitle="replica", pid=os.getpid(), ip="127.0.0.1")
    return cast("Exception", made.as_instanceof_cause())


async def _in_turns(items: Iterator[Any], method: str) -> AsyncGenerator[Any, None]:
    if not hasattr(items, "__next__"):
        raise TypeError(f"{method} is no generator: call it without stream=True.")
    for item in items:
        yield item
        await asyncio.sleep(0)


def _copy(value: Any) -> Any:
    from ray import cloudpickle

    return cloudpickle.loads(cloudpickle.dumps(value))
