"""Lists, dicts, tuples, sets and what else holds values."""

# ruff: noqa: D101 - classes as their authors write them
from __future__ import annotations

import collections
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from pydantic import Field

from tests.serving.signature_table.choices import Colour
from tests.serving.signature_table.row import Parameter

INTEGER, STRING = {"type": "integer"}, {"type": "string"}
INTEGERS = {"type": "array", "items": INTEGER}


class Point(NamedTuple):
    x: int
    y: int = 0


ID = UUID("12345678-1234-5678-1234-567812345678")

ROWS = [
    Parameter(
        "list[T]",
        list[int],
        INTEGERS,
        accepts=[("[]", []), ("[1, 2]", [1, 2])],
        refuses=[
            ("{}", "", "must be a list, not an object"),
            ('"1,2"', "", "must be a list, not a string"),
            ('[1, "2", "3"]', ".1", "must be an integer, not a string"),
        ],
    ),
    Parameter("list", list, {"type": "array", "items": {}}, accepts=[('[1, "a"]', [1, "a"])]),
    Parameter(
        "a list of lists",
        list[list[float]],
        {"type": "array", "items": {"type": "array", "items": {"type": "number"}}},
        accepts=[("[[1, 2], []]", [[1.0, 2.0], []])],
        refuses=[
            ("[[1], [null]]", ".1.0", "must be a number, not null"),
            ("[1]", ".0", "must be a list, not a number"),
        ],
    ),
    Parameter(
        "Sequence[T]",
        Sequence[int],
        INTEGERS,
        accepts=[("[1]", [1])],
        refuses=[('["1"]', ".0", "must be an integer, not a string"), ("1", "", "must be a list, not a number")],
    ),
    Parameter(
        "Iterable[T] is looked at before run reads it",
        Iterable[int],
        INTEGERS,
        accepts=[("[1]", [1])],
        refuses=[('["1"]', ".0", "must be an integer, not a string")],
    ),
    Parameter(
        "tuple of two",
        tuple[int, str],
        {"type": "array", "prefixItems": [INTEGER, STRING], "minItems": 2, "maxItems": 2},
        accepts=[('[1, "a"]', (1, "a"))],
        refuses=[
            ("[1]", ".1", "is required"),
            ('[1, "a", 2]', "", "must have at most 2 items"),
            ('["1", "a"]', ".0", "must be an integer, not a string"),
        ],
    ),
    Parameter(
        "tuple of any length",
        tuple[int, ...],
        INTEGERS,
        accepts=[("[1, 2, 3]", (1, 2, 3)), ("[]", ())],
        refuses=[("[null]", ".0", "must be an integer, not null")],
    ),
    Parameter(
        "NamedTuple",
        Point,
        {"$ref": "#/$defs/Point"},
        defs={
            "Point": {
                "type": "array",
                "prefixItems": [{"title": "X", "type": "integer"}, {"title": "Y", "type": "integer", "default": 0}],
                "minItems": 1,
                "maxItems": 2,
            }
        },
        accepts=[("[1]", Point(1)), ("[1, 2]", Point(1, 2))],
        refuses=[
            ("[]", ".0", "is required"),
            ("[1, true]", ".1", "must be an integer, not a boolean"),
            ('{"x": 1}', "", "must be a list, not an object"),
            ("1", "", "must be a list, not a number"),
        ],
    ),
    Parameter(
        "set",
        set[int],
        {"type": "array", "items": INTEGER, "uniqueItems": True},
        accepts=[("[1, 2]", {1, 2}), ("[]", set())],
        refuses=[
            ('["1"]', ".0", "must be an integer, not a string"),
            ("[0, 0]", "", "must not have the same item twice"),
            ("[1, 1.0]", "", "must not have the same item twice"),
            ("{}", "", "must be a list, not an object"),
        ],
    ),
    Parameter(
        "set whose items are the same to Python alone",
        Annotated[set[int | bool], Field(max_length=3)],
        {"type": "array", "items": {"anyOf": [INTEGER, {"type": "boolean"}]}, "uniqueItems": True, "maxItems": 3},
        accepts=[("[true, 1]", {True}), ("[2, false, 1]", {2, False, 1})],
        refuses=[
            ("[1, 2, 3, 4]", "", "must have at most 3 items"),
            ("[true, true]", "", "must not have the same item twice"),
        ],
    ),
    Parameter(
        "set that its author made lax",
        Annotated[set[int], Field(strict=False)],
        {"type": "array", "items": INTEGER, "uniqueItems": True},
        accepts=[("[1, 1]", {1})],
        refuses=[("1", "", "must be a list, not a number")],
    ),
    Parameter(
        "frozenset",
        frozenset[str],
        {"type": "array", "items": STRING, "uniqueItems": True},
        accepts=[('["a"]', frozenset({"a"}))],
        refuses=[
            ('"a"', "", "must be a list, not a string"),
            ('["a", "a"]', "", "must not have the same item twice"),
        ],
    ),
    Parameter(
        "deque",
        collections.deque[int],
        INTEGERS,
        accepts=[("[1]", collections.deque([1]))],
        refuses=[("null", "", "must be a list, not null")],
    ),
    Parameter(
        "dict[str, T]",
        dict[str, list[int]],
        {"type": "object", "additionalProperties": INTEGERS},
        accepts=[('{"a": [1]}', {"a": [1]})],
        refuses=[
            ('{"a": ["x"]}', ".a.0", "must be an integer, not a string"),
            ("[]", "", "must be an object, not a list"),
        ],
    ),
    Parameter("dict", dict, {"type": "object", "additionalProperties": True}, accepts=[('{"a": 1}', {"a": 1})]),
    Parameter(
        "dict[int, T]",
        dict[int, str],
        {"type": "object", "additionalProperties": STRING, "propertyNames": {"pattern": "^[+-]?[0-9]+$"}},
        accepts=[('{"1": "a", "-2": "b"}', {1: "a", -2: "b"})],
        refuses=[('{"one": "a"}', ".one", "must be an integer")],
    ),
    Parameter(
        "dict with an Enum's names",
        dict[Colour, int],
        {"type": "object", "additionalProperties": INTEGER, "propertyNames": {"$ref": "#/$defs/Colour"}},
        defs={"Colour": {"title": "Colour", "enum": ["red", "blue"], "type": "string"}},
        accepts=[('{"red": 1}', {Colour.RED: 1})],
        refuses=[('{"green": 1}', ".green", "must be 'red' or 'blue'")],
    ),
    Parameter(
        "dict with UUIDs",
        dict[UUID, Any],
        {"type": "object", "additionalProperties": True, "propertyNames": {"format": "uuid"}},
        accepts=[(f'{{"{ID}": null}}', {ID: None})],
        refuses=[('{"x": null}', ".x", "must be a UUID")],
    ),
    Parameter(
        "Mapping",
        Mapping[str, float],
        {"type": "object", "additionalProperties": {"type": "number"}},
        accepts=[('{"a": 1}', {"a": 1.0})],
        refuses=[('{"a": "1"}', ".a", "must be a number, not a string")],
    ),
]
