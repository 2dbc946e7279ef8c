"""Writes results as JSON, which has no NaN and no infinity: pydantic writes null where the schema says number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic_core import SchemaSerializer, from_json

from aanad.sdk.core_schemas import rebuilt, with_parts

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import TypeAdapter

_CONSTANTS: Any = {"ser_json_inf_nan": "constants"}


def writer_of(adapter: TypeAdapter[Any]) -> Callable[[Any], bytes]:
    """What writes values of an adapter's type; it raises `ValueError` for numbers that JSON has not.

    An author who writes them otherwise (``ConfigDict(ser_json_inf_nan="strings")``) keeps that.
    """
    # A prebuilt serializer is that of a contained model as its author made it.
    to_json = SchemaSerializer(rebuilt(adapter.core_schema, _showing), _CONSTANTS, _use_prebuilt=False).to_json

    def write(value: Any) -> bytes:
        body: bytes = to_json(value)
        if b"NaN" in body or b"Infinity" in body:  # maybe in a string
            try:
                from_json(body, allow_inf_nan=False)
            except ValueError as error:
                raise ValueError("it has NaN or an infinite number, which JSON has not; return None there") from error
        return body

    return write


def _showing(schema: dict[str, Any]) -> dict[str, Any]:
    made = with_parts(schema, _showing)
    if isinstance(made.get("config"), dict):
        made["config"] = _CONSTANTS | made["config"]
    return made
