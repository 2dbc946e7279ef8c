"""What to say of a type that no request or answer can have: why, and what to write instead."""

from __future__ import annotations

import inspect
import io
import re
import types
import typing
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Generator,
    Iterator,
)
from typing import Any, get_args, get_origin

import typing_extensions

_STREAMS = (AsyncGenerator, AsyncIterable, AsyncIterator, Generator, Iterator)
_ARRAYS = ("numpy", "torch", "PIL", "jax", "tensorflow", "cupy", "av")
_OF_AN_IMAGE = {"PIL": "pil", "numpy": "numpy"}
"""Library → the method of an `Image` that gives what is the library's."""
_GENERAL = "Use str, int, float, bool, list, dict, an Enum, a TypedDict, a dataclass or a pydantic model."
_MODULE = re.compile(r"(?<![\w'\"])(?:[A-Za-z_]\w*\.)+(?=[A-Za-z_])")


def type_name(annotation: object) -> str:
    """A type as its author wrote it, without the modules of its parts."""
    if inspect.isclass(annotation) and not get_args(annotation):
        return annotation.__name__
    return _MODULE.sub("", str(annotation)).translate({ord("~"): None})


def hint_for(annotation: object, *, is_result: bool = False, detail: str = "") -> str:
    """What an author should write instead of `annotation`.

    Args:
        annotation: the type, or one that contains what cannot be carried.
        is_result: whether it is that of an answer.
        detail: pydantic's reason.
    """
    if "typing_extensions.TypedDict" in detail:
        return "Import TypedDict from typing_extensions: a dataclass or a model contains this one."
    found = (_hint(part, is_result=is_result) for part in _parts(annotation))
    return next(filter(None, found), _GENERAL)


def stands_for_nothing(annotation: object) -> bool:
    """Whether pydantic would take it, and yet nothing could be sent for it, or everything."""
    return any(
        isinstance(part, typing.TypeVar) or part is type or get_origin(part) is type for part in _parts(annotation)
    )


def is_stream(annotation: object) -> bool:
    """Whether it is, or contains, what is read piece by piece."""
    return any(part in _STREAMS or get_origin(part) in _STREAMS for part in _parts(annotation))


def _parts(annotation: object) -> typing.Iterator[object]:
    yield annotation
    if get_origin(annotation) is typing.Literal:
        return
    for part in get_args(annotation):
        if not isinstance(part, list):
            yield from _parts(part)


def _hint(part: Any, *, is_result: bool) -> str | None:
    origin = get_origin(part) or part
    if isinstance(part, typing.TypeVar):
        return f"{part.__name__} is a type variable: write the type that it stands for."
    if origin in _STREAMS:
        if is_result:
            return "Yield the items in run itself, or return list[T]."
        return "A request comes as a whole: take list[T], T being the type of one item."
    if origin in (Awaitable, Coroutine):
        return "Write the type of what is awaited: 'async def run(…) -> T'."
    if origin is Callable or part is types.FunctionType:
        return "Data can be sent, functions cannot: take the name of one as a Literal or an Enum."
    return _hint_of_class(origin, is_result=is_result) if inspect.isclass(origin) else None


def _hint_of_class(cls: type, *, is_result: bool) -> str | None:
    if cls is type:
        return "Classes cannot be sent: take the name of one as a Literal or an Enum."
    if issubclass(cls, io.IOBase | typing.IO):
        return f"{'Return' if is_result else 'Take'} a File of aanad.sdk.models: it can be opened."
    if any((base.__module__, base.__name__) == ("numpy", "generic") for base in cls.__mro__):
        return "Write int, float or bool, and convert the number in run."
    library = cls.__module__.partition(".")[0]
    if library in _ARRAYS:
        if library in _OF_AN_IMAGE and not is_result:
            others = ", or list[float] for plain numbers" if library == "numpy" else ""
            return f"Take an Image of aanad.sdk.models and call its {_OF_AN_IMAGE[library]}() in run{others}."
        if is_result:
            return "Return an Image or Audio of aanad.sdk.models, or list[float] for plain numbers."
        return "Take an Image, Audio or Video of aanad.sdk.models, or list[float], and make the array in run."
    if typing_extensions.is_protocol(cls):
        return f"{cls.__name__} is a protocol: name a dataclass, a TypedDict or a pydantic model that fits it."
    return None
