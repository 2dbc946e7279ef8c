"""What is wrong with a value before it is sent, in the words of the daemon's own refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aana_tui.state.schema_fields import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aana_tui.state.schema_fields import Spec

REQUIRED = "is required"
UNKNOWN = "unknown field"


def faults(spec: Spec, value: Any) -> Iterator[str]:
    """Sentences without the field's name and without a full stop.

    What is inside of a list or an object is not looked at; what only the endpoint can know it says itself.
    """
    if value is None and spec.is_nullable:
        return
    wanted = _wanted(spec)
    if wanted is not None and not _fits(spec, value):
        yield f"must be {wanted}"
        return
    match spec.kind:
        case Kind.INTEGER | Kind.NUMBER:
            yield from _number(spec, value)
        case Kind.TEXT:
            yield from _text(spec, value)
        case Kind.LIST:
            yield from _length(spec, "minItems", "maxItems", len(value), "item")
        case Kind.OBJECT:
            yield from _one_of(spec, value)
        case Kind.FILE:
            yield from _file(value)


def _wanted(spec: Spec) -> str | None:
    match spec.kind:
        case Kind.TEXT:
            return "a string"
        case Kind.INTEGER:
            return "an integer"
        case Kind.NUMBER:
            return "a number"
        case Kind.CHOICE if spec.choices == (True, False):
            return "true or false"
        case Kind.CHOICE:
            *most, last = [_plain(choice) for choice in spec.choices]
            return f"{', '.join(most)} or {last}" if most else last
        case Kind.LIST:
            return "a list"
        case Kind.OBJECT | Kind.MAP:
            return "an object"
    return None


def _fits(spec: Spec, value: Any) -> bool:
    # 3.0 is an integer to JSON Schema, and to endpoints.
    return spec.accepts(value) or (spec.kind is Kind.INTEGER and isinstance(value, float) and value.is_integer())


def _number(spec: Spec, value: float) -> Iterator[str]:
    schema = spec.schema
    if "minimum" in schema and value < schema["minimum"]:
        yield f"must be at least {_plain(schema['minimum'])}"
    if "exclusiveMinimum" in schema and value <= schema["exclusiveMinimum"]:
        yield f"must be greater than {_plain(schema['exclusiveMinimum'])}"
    if "maximum" in schema and value > schema["maximum"]:
        yield f"must be at most {_plain(schema['maximum'])}"
    if "exclusiveMaximum" in schema and value >= schema["exclusiveMaximum"]:
        yield f"must be less than {_plain(schema['exclusiveMaximum'])}"
    step = schema.get("multipleOf")
    if isinstance(step, int) and step and value % step:
        yield f"must be a multiple of {step}"


def _text(spec: Spec, value: str) -> Iterator[str]:
    yield from _length(spec, "minLength", "maxLength", len(value), "character")
    pattern = spec.schema.get("pattern")
    if isinstance(pattern, str) and not _matches(pattern, value):
        if spec.schema.get("contentEncoding") == "base64":
            yield "must be base64"
        else:
            yield f"must match the pattern {pattern}"


def _matches(pattern: str, value: str) -> bool:
    # Python's own would take for ever on some patterns; this one, as the endpoint's, never does.
    import re2

    try:
        return re2.search(pattern, value) is not None
    except re2.error:
        return True  # The endpoint has the last word.


def _one_of(spec: Spec, value: dict[str, Any]) -> Iterator[str]:
    """Exactly one of a few fields, as media are."""
    sets = [part.get("required") for part in spec.schema.get("oneOf") or () if isinstance(part, dict)]
    names = [name for one in sets if isinstance(one, list) for name in one]
    if len(names) > 1 and len(names) == len(sets) and sum(name in value for name in names) != 1:
        yield f"must have exactly one of {', '.join(map(str, names))}"


def _length(spec: Spec, least: str, most: str, length: int, unit: str) -> Iterator[str]:
    if length < spec.schema.get(least, 0):
        yield f"must have at least {_counted(spec.schema[least], unit)}"
    if most in spec.schema and length > spec.schema[most]:
        yield f"must have at most {_counted(spec.schema[most], unit)}"


def _file(value: str) -> Iterator[str]:
    path = Path(value).expanduser()
    if not path.exists():
        yield "no such file"
    elif not path.is_file():
        yield "is not a file"


def _counted(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def _plain(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return json.dumps(value, ensure_ascii=False).replace('"', "'")
