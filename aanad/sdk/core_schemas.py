"""Pydantic's core schemas taken apart: dicts and lists, in which some dicts are schemas and others are not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_NO_SCHEMAS = frozenset({"metadata", "serialization", "config", "cls", "default", "expected", "members", "ref"})
_BY_NAME = frozenset({"fields", "choices"})
"""Keys whose dicts are no schemas, but have one for each name."""


def rebuilt(node: Any, of_schema: Callable[[dict[str, Any]], Any]) -> Any:
    """`node` with `of_schema` in the place of each schema that stands in it, or of itself where it is one."""
    if isinstance(node, list | tuple):
        return type(node)([rebuilt(each, of_schema) for each in node])
    return of_schema(node) if isinstance(node, dict) else node


def with_parts(schema: dict[str, Any], of_schema: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    """A copy of one schema, `of_schema` in the place of each that it contains."""
    return {key: _part(key, value, of_schema) for key, value in schema.items()}


def _part(key: str, value: Any, of_schema: Callable[[dict[str, Any]], Any]) -> Any:
    if key in _NO_SCHEMAS:
        return value
    if key in _BY_NAME and isinstance(value, dict):
        return {name: rebuilt(each, of_schema) for name, each in value.items()}
    return rebuilt(value, of_schema)
