"""A validator of requests that takes what their JSON schema says, and no more.

Pydantic's own modes do not fit. The lax one takes ``"5"`` and ``true`` where the schema says integer, and 17 where it
says date. The strict one refuses a date in its written form as soon as a validator of the author's own stands before
it. So strictness is set where JSON has a type: integers, numbers and booleans are no strings and not each other, and
dates are no numbers. What comes out of an author's own ``mode="before"`` or ``mode="wrap"`` validator is not touched,
nor what an author has made strict or lax by name. Unknown fields are refused in dataclasses and TypedDicts without
a configuration of their own, wherever they stand: pydantic would ask whatever contains them, and one class would have
two schemas. A set has no item twice, and a NamedTuple is a list.

Of a list only the first wrong item is reported: a million wrong ones would cost gigabytes.
"""

from __future__ import annotations

from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any

from pydantic_core import PydanticCustomError, PydanticKnownError, SchemaValidator

from aanad.sdk.core_schemas import rebuilt, with_parts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from pydantic import BaseModel

_STRICT = frozenset({"float", "bool"})
_WRITTEN = {"date": "date", "datetime": "datetime", "time": "time", "timedelta": "time_delta"}
"""Kind of schema → the beginning of its errors' names."""
_LISTS = frozenset({"list", "tuple", "dict"})
_SETS: dict[str, type[set[Any] | frozenset[Any]]] = {"set": set, "frozenset": frozenset}
_AUTHORS_OWN = frozenset({"function-before", "function-wrap", "function-plain"})
_CONSTANTS = {"literal": "expected", "enum": "members"}
_ERRORS_OF_CONSTANTS = {"literal": "literal_error", "enum": "enum"}
_JSON_SCALARS = frozenset({str, int, float, bool, type(None)})


def make_strict(model: type[BaseModel]) -> None:
    """Give a model of requests that validator; the models that it contains keep theirs."""
    closed: Any = rebuilt(model.__pydantic_core_schema__, _closed)
    model.__pydantic_core_schema__ = closed  # its JSON schema is made of this one
    schema: Any = rebuilt(closed, _strict)
    # A prebuilt validator is that of a contained model as its author made it.
    model.__pydantic_validator__ = SchemaValidator(schema, _use_prebuilt=False)


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    made = with_parts(schema, _closed)
    if schema.get("type") in {"dataclass", "typed-dict"} and not hasattr(schema.get("cls"), "__pydantic_config__"):
        made["config"] = {**schema.get("config", {}), "extra_fields_behavior": "forbid"}
        if schema["type"] == "typed-dict":
            made["extra_behavior"] = "forbid"
    return made


def _strict(schema: dict[str, Any]) -> dict[str, Any]:
    kind = schema.get("type")
    if kind in _AUTHORS_OWN:
        return schema
    if kind == "chain":  # only its first step sees the request
        first, *rest = schema["steps"]
        return schema | {"steps": [rebuilt(first, _strict), *rest]}
    inner = with_parts(schema, _strict)
    return _strict_kind(kind, inner) if isinstance(kind, str) else inner


def _strict_kind(kind: str, schema: dict[str, Any]) -> dict[str, Any]:
    """One schema, whose parts are strict already."""
    if "strict" not in schema:
        if kind == "int":
            return _integer(schema)
        if kind in _WRITTEN:
            return _after(partial(_refuse_number, _WRITTEN[kind]), schema)
    if kind in _SETS and schema.get("strict") is not False:
        return _set(kind, schema)
    if kind == "named-tuple":
        return _after(_refuse_object, schema)
    if kind in _CONSTANTS:
        return _constants(kind, schema)
    if kind in _STRICT:
        schema.setdefault("strict", True)
    if kind == "float":
        schema.setdefault("allow_inf_nan", False)
    if kind in _LISTS:
        schema.setdefault("fail_fast", True)
    return schema


def _integer(schema: dict[str, Any]) -> dict[str, Any]:
    """To JSON schema 3.0 is an integer."""
    numbers = [{"type": "int", "strict": True}, {"type": "float", "strict": True, "allow_inf_nan": False}]
    a_number = {"type": "union", "mode": "left_to_right", "choices": numbers, "custom_error_type": "int_type"}
    return {"type": "chain", "steps": [a_number, schema]}


def _set(kind: str, schema: dict[str, Any]) -> dict[str, Any]:
    """A list whose items are all different; pydantic would drop those that it has already."""
    items = {key: value for key, value in schema.items() if key not in {"strict", "ref", "type"}}
    return {
        "type": "function-after",
        "function": {"type": "no-info", "function": partial(_all_different, _SETS[kind])},
        "schema": {"type": "list", "fail_fast": True, **items},
    } | ({"ref": schema["ref"]} if "ref" in schema else {})


def _after(function: Callable[[Any], Any], schema: dict[str, Any]) -> dict[str, Any]:
    made = {"type": "function-before", "function": {"type": "no-info", "function": function}, "schema": schema}
    return made | ({"ref": schema.pop("ref")} if "ref" in schema else {})  # others refer to the whole


def _constants(kind: str, schema: dict[str, Any]) -> dict[str, Any]:
    """To Python 1 and True are the same constant, to JSON they are not."""
    given = [each.value if isinstance(each, Enum) else each for each in schema[_CONSTANTS[kind]]]
    kinds = frozenset(map(type, given))
    if kinds == {str} or not kinds <= _JSON_SCALARS:
        return schema
    shown = [repr(each) for each in given]
    expected = " or ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
    return _after(partial(_refuse_others, _ERRORS_OF_CONSTANTS[kind], kinds, expected), schema)


def _refuse_others(error: Any, kinds: frozenset[type], expected: str, value: object) -> object:
    if isinstance(value, float) and value.is_integer() and int in kinds:
        return int(value)
    if type(value) not in kinds and not isinstance(value, Enum):
        raise PydanticKnownError(error, {"expected": expected})
    return value


def _refuse_number(name: str, value: object) -> object:
    if isinstance(value, int | float):
        raise PydanticCustomError(f"{name}_type", "Input should be a string")
    return value


def _refuse_object(value: object) -> object:
    if isinstance(value, dict):  # pydantic would go by its names
        raise PydanticKnownError("tuple_type")
    return value


def _all_different(made_of: Callable[[Any], Collection[Any]], items: list[Any]) -> Collection[Any]:
    try:
        made = made_of(items)
        # To Python 1 and True are the same, to JSON they are not.
        is_twice = len(made) < len(items) and len({(type(item), item) for item in items}) < len(items)
    except TypeError as error:
        raise PydanticKnownError("set_item_not_hashable") from error
    if is_twice:
        raise PydanticCustomError("item_twice", "must not have the same item twice")
    return made
