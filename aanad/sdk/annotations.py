"""Type annotations as authors write them, made into what pydantic takes."""

from __future__ import annotations

import sys
import types
import typing
from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Annotated, Any, NotRequired, Required, Union, get_args, get_origin

import typing_extensions
from pydantic import ConfigDict

_REQUIRED = (Required, typing_extensions.Required)
_CONFIG = ConfigDict(extra="forbid", val_json_bytes="base64")
_NOT_REQUIRED = (NotRequired, typing_extensions.NotRequired)


def portable(annotation: Any, bytes_as: Any = bytes, _seen: dict[type, Any] | None = None) -> Any:
    """Rebuild `annotation` with every TypedDict in it refusing unknown keys.

    It also makes an ``Iterable`` a list, and ``typing.TypedDict`` usable, which pydantic takes only from
    Python 3.12 on. `bytes_as` stands wherever ``bytes`` were.
    """
    seen: dict[type, Any] = {} if _seen is None else _seen
    if typing_extensions.is_typeddict(annotation):
        return _typed_dict(annotation, bytes_as, seen)
    if annotation is bytes:
        return bytes_as
    origin, args = get_origin(annotation), get_args(annotation)
    if annotation is Iterable or origin is Iterable:  # pydantic would look at its items only while run reads them
        return list[portable(args[0], bytes_as, seen)] if args else list  # type: ignore[misc]
    if origin is None or not args or origin is typing.Literal:
        return annotation
    if origin is Annotated:
        return Annotated[portable(args[0], bytes_as, seen), *annotation.__metadata__]
    parts = [portable(part, bytes_as, seen) if not isinstance(part, list) else part for part in args]
    if all(new is old for new, old in zip(parts, args, strict=True)):
        return annotation
    if origin is Union or origin is types.UnionType:
        return reduce(or_, parts) if sys.version_info >= (3, 14) else Union[tuple(parts)]  # noqa: UP007
    return origin[tuple(parts)]


def _typed_dict(annotation: Any, bytes_as: Any, seen: dict[type, Any]) -> Any:
    if annotation in seen:
        return seen[annotation]
    hints = typing_extensions.get_type_hints(annotation, include_extras=True)
    fields: dict[str, tuple[Any, bool]] = {}
    for key, hint in hints.items():
        inner, is_required = hint, key in annotation.__required_keys__
        while _origin(inner) in _REQUIRED + _NOT_REQUIRED:
            # Written as text, these are not in __required_keys__: the class was made before they were read.
            inner, is_required = get_args(inner)[0], _origin(inner) in _REQUIRED
        fields[key] = inner, is_required
    make: Any = typing_extensions.TypedDict
    made = make(
        annotation.__name__,
        {key: Any if is_required else typing_extensions.NotRequired[Any] for key, (_, is_required) in fields.items()},
    )
    seen[annotation] = made  # before its fields: they may contain it
    for key, (inner, is_required) in fields.items():
        part = portable(inner, bytes_as, seen)
        made.__annotations__[key] = part if is_required else typing_extensions.NotRequired[part]
    made.__doc__ = annotation.__doc__
    made.__module__ = annotation.__module__
    made.__qualname__ = annotation.__qualname__
    made.__pydantic_config__ = getattr(annotation, "__pydantic_config__", _CONFIG)
    return made


def _origin(annotation: Any) -> Any:
    return get_origin(annotation)
