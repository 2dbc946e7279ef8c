"""Which methods of a deployment's class a handle can call, and whether each gives one value or a stream."""

from __future__ import annotations

import inspect
import typing
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Generator, Iterator
from enum import StrEnum

LIFECYCLE = frozenset({"apply_config", "check_health", "reconfigure"})
"""Called by Serve, never through a handle."""
_STREAMS = (AsyncGenerator, AsyncIterable, AsyncIterator, Generator, Iterator)


class Kind(StrEnum):
    """What calling a method gives."""

    VALUE = "value"
    STREAM = "stream"
    UNKNOWN = "unknown"
    """Only the call will show: a wrapped function, or a class of another project."""


def public_methods(cls: type) -> dict[str, Kind]:
    """Methods by name, inherited ones too."""
    found = {}
    for name, attribute in inspect.getmembers_static(cls):
        if name.startswith("_") or name in LIFECYCLE:
            continue
        function = attribute.__func__ if isinstance(attribute, (staticmethod, classmethod)) else attribute
        if inspect.isroutine(function):
            found[name] = _kind(function)
    return found


def _kind(function: object) -> Kind:
    if inspect.isasyncgenfunction(function) or inspect.isgeneratorfunction(function):
        return Kind.STREAM
    if inspect.iscoroutinefunction(function):
        return Kind.VALUE
    if not inspect.isfunction(function) or hasattr(function, "__wrapped__"):
        return Kind.UNKNOWN
    annotation = function.__annotations__.get("return")
    if isinstance(annotation, str):
        return Kind.UNKNOWN if "Iterator" in annotation or "Generator" in annotation else Kind.VALUE
    return Kind.STREAM if (typing.get_origin(annotation) or annotation) in _STREAMS else Kind.VALUE
