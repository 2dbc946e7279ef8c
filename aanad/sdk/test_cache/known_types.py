"""Which types a recording may name.

A recording names types by import path (``lowercase.deployments:Caption``). A name stands for a type only where

1. the method's return annotation contains it, also inside other types (a field of a model, say), or
2. its top-level package is the project's own, ``aanad``, or one from which the deployment's module imports something,

and only for data: pydantic models, dataclasses, named tuples, enums, media, and exceptions where an error is
recorded. So what a file can bring about is what the project brings about anyway. Recording follows the same rule,
so that nothing is recorded that could not be replayed.
"""

from __future__ import annotations

import dataclasses
import sys
import typing
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

import typing_extensions
from pydantic import BaseModel

from aanad.sdk.test_cache.problems import NotRecordable, RecordingInvalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ALWAYS_KNOWN = frozenset({"aanad", "builtins"})


def type_name(cls: type) -> str:
    """How a recording names a type."""
    return f"{cls.__module__}:{cls.__qualname__}"


class KnownTypes:
    """The types that recordings of one method may name."""

    def __init__(self, function: Callable[..., Any], deployment_cls: type) -> None:
        self._function = function
        self._own = _top(deployment_cls.__module__)
        self._annotated: dict[str, type] | None = None
        self._packages: frozenset[str] | None = None

    def name_of(self, cls: type) -> str:
        """The name of a type, which `find` will find again.

        Raises:
            NotRecordable: the rule does not let it.
        """
        name = type_name(cls)
        try:
            found = self.find(name)
        except RecordingInvalid as error:
            raise NotRecordable(f"{name} cannot be recorded: {error.message}", hint=error.hint) from None
        if found is not cls and type_name(found) != name:
            raise NotRecordable(
                f"{name} cannot be recorded: there is another type of that name.", hint="Give it a name of its own."
            )
        return name

    def find(self, name: str) -> type:
        """The type of that name.

        Raises:
            RecordingInvalid: the rule does not let it, or there is no such type.
        """
        if self._annotated is None:
            self._annotated = {type_name(cls): cls for cls in _classes(self._return_annotation(), set())}
        if name in self._annotated:
            return self._annotated[name]
        module, _, path = name.partition(":")
        if _top(module) not in self._allowed_packages():
            raise RecordingInvalid(
                f"{name} is neither in the return annotation of {self._function.__qualname__} nor in a package that "
                f"{self._function.__module__} imports.",
                hint="Annotate the method with what it returns, or import the type's package in that module.",
            )
        try:
            found: Any = import_module(module)
            for part in path.split("."):
                found = getattr(found, part)
        except (ImportError, AttributeError) as error:
            raise RecordingInvalid(
                f"{name} cannot be found: {error}.",
                hint="Define the type at the top level of a module, or annotate the method with it.",
            ) from error
        if not isinstance(found, type):
            raise RecordingInvalid(f"{name} is no type.", hint="Record the call again.")
        return found

    def _return_annotation(self) -> Any:
        try:
            return typing.get_type_hints(self._function, include_extras=True).get("return", Any)
        except Exception:  # noqa: BLE001 - whatever evaluating an author's annotations raises; then only the packages count
            return Any

    def _allowed_packages(self) -> frozenset[str]:
        if self._packages is None:
            names = (_home(value) for value in list(self._function.__globals__.values()))
            self._packages = frozenset({self._own, *ALWAYS_KNOWN, *(_top(name) for name in names if name)})
        return self._packages


def _home(value: object) -> str | None:
    name = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None)
    return name if isinstance(name, str) else None


def _top(module: str) -> str:
    return module.partition(".")[0]


def _classes(annotation: Any, seen: set[int]) -> Iterator[type]:
    """Every class in an annotation, those of its fields too."""
    if id(annotation) in seen:
        return
    seen.add(id(annotation))
    for argument in typing.get_args(annotation):
        yield from _classes(argument, seen)
    origin = typing.get_origin(annotation)
    if origin is not None and origin is not typing.Annotated:
        yield from _classes(origin, seen)
    if not isinstance(annotation, type) or origin is not None:
        return
    yield annotation
    for field in _field_annotations(annotation):
        yield from _classes(field, seen)


def _field_annotations(cls: type) -> list[Any]:
    if issubclass(cls, BaseModel):
        return [field.annotation for field in cls.model_fields.values()]
    if dataclasses.is_dataclass(cls) or typing_extensions.is_typeddict(cls) or hasattr(cls, "_fields"):
        try:
            return list(typing.get_type_hints(cls, vars(sys.modules.get(cls.__module__, typing))).values())
        except Exception:  # noqa: BLE001 - as above
            return []
    return []
