"""Annotations of results: their schema, what is answered, and what an endpoint may not return."""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from tests.serving.signature_table.choices import Colour
from tests.serving.signature_table.classes import BOX, LINK, PARTS, TEXT, Box, Link, Node, Page, Sampling, Text
from tests.serving.signature_table.containers import ID, Point
from tests.serving.signature_table.row import Result
from tests.serving.signature_table.typed_dicts import SEGMENT, TREE, Segment, Tree

INTEGER, STRING, NULL = {"type": "integer"}, {"type": "string"}, {"type": "null"}
INTEGERS = {"type": "array", "items": INTEGER}
NAN = math.nan

ROWS = [
    Result("str", str, STRING, [("ä\n", '"ä\\n"'), ("NaN", '"NaN"')], wrong=[1, None]),
    Result("int", int, INTEGER, [(3, "3")], wrong=["three", 1.5]),
    Result("float", float, {"type": "number"}, [(1, "1.0"), (0.5, "0.5")], wrong=["much", NAN, -math.inf]),
    Result(
        "a float that may be none",
        float | None,
        {"anyOf": [{"type": "number"}, NULL]},
        [(None, "null"), (0.5, "0.5")],
        wrong=[NAN],
    ),
    Result("bool", bool, {"type": "boolean"}, [(True, "true")], wrong=[2]),
    Result("None", None, NULL, [(None, "null")], wrong=[0]),
    Result("nothing said", Any, {}, [({"a": (1, None)}, '{"a":[1,null]}')], wrong=[object(), {"a": NAN}]),
    Result("T | None", int | None, {"anyOf": [INTEGER, NULL]}, [(None, "null"), (1, "1")], wrong=["one"]),
    Result(
        "a union",
        str | list[int],
        {"anyOf": [STRING, INTEGERS]},
        [("a", '"a"'), ([1], "[1]")],
        wrong=[["a"], 1],
    ),
    Result("Literal", Literal["a", "b"], {"enum": ["a", "b"], "type": "string"}, [("a", '"a"')], wrong=["c"]),
    Result(
        "Enum",
        Colour,
        {"title": "Colour", "enum": ["red", "blue"], "type": "string"},
        [(Colour.RED, '"red"'), ("blue", '"blue"')],
        wrong=["green"],
    ),
    Result(
        "list",
        list[float],
        {"type": "array", "items": {"type": "number"}},
        [([1, 2.5], "[1.0,2.5]")],
        wrong=["ab", [1, NAN]],
    ),
    Result("Iterable", Iterable[int], INTEGERS, [((1, 2), "[1,2]")], wrong=[["a"]]),
    Result(
        "tuple",
        tuple[int, str],
        {"type": "array", "prefixItems": [INTEGER, STRING], "minItems": 2, "maxItems": 2},
        [((1, "a"), '[1,"a"]')],
        wrong=[(1,), ("a", 1)],
    ),
    Result("set", set[int], INTEGERS | {"uniqueItems": True}, [({1}, "[1]")], wrong=[{"a"}]),
    Result(
        "NamedTuple",
        Point,
        {
            "type": "array",
            "prefixItems": [{"title": "X", "type": "integer"}, {"title": "Y", "type": "integer", "default": 0}],
            "minItems": 1,
            "maxItems": 2,
        },
        [(Point(1, 2), "[1,2]")],
        wrong=[("a", 2)],
    ),
    Result(
        "dict",
        dict[str, int],
        {"type": "object", "additionalProperties": INTEGER},
        [({"a": 1}, '{"a":1}')],
        wrong=[{"a": "one"}, ["a"]],
    ),
    Result(
        "dict with numbers as names",
        dict[int, str],
        {"type": "object", "additionalProperties": STRING, "propertyNames": {"pattern": "^[+-]?[0-9]+$"}},
        [({1: "a"}, '{"1":"a"}')],
    ),
    Result("dict of anything", dict[str, Any], {"type": "object", "additionalProperties": True}, [({}, "{}")]),
    Result("date", date, {"type": "string", "format": "date"}, [(date(2026, 1, 31), '"2026-01-31"')], wrong=["soon"]),
    Result(
        "datetime",
        datetime,
        {"type": "string", "format": "date-time"},
        [(datetime(2026, 1, 31, 12, tzinfo=UTC), '"2026-01-31T12:00:00Z"')],
    ),
    Result("timedelta", timedelta, {"type": "string", "format": "duration"}, [(timedelta(seconds=90), '"PT1M30S"')]),
    Result("UUID", UUID, {"type": "string", "format": "uuid"}, [(ID, f'"{ID}"')], wrong=["1234"]),
    Result("Decimal", Decimal, STRING, [(Decimal("1.10"), '"1.10"')], wrong=["one"]),
    Result(
        "TypedDict",
        Segment,
        SEGMENT,
        [({"start": 1}, '{"start":1.0}'), ({"start": 1, "text": "a"}, '{"start":1.0,"text":"a"}')],
        wrong=[{}, {"start": math.inf}, {"start": 1, "end": 2}, {"start": "late"}],
    ),
    Result(
        "TypedDict in itself",
        Tree,
        {"$ref": "#/$defs/Tree", "$defs": {"Tree": TREE}},
        [({"value": 1, "children": [{"value": 2}]}, '{"value":1,"children":[{"value":2}]}')],
        wrong=[{"value": 1, "children": [{}]}],
    ),
    Result("dataclass", Box, BOX, [(Box(1, 2), '{"left":1,"top":2}')], wrong=[3]),
    Result(
        "pydantic model",
        Sampling,
        {
            "title": "Sampling",
            "description": "How to choose the next word.",
            "type": "object",
            "properties": {
                "temperature": {
                    "title": "Temperature",
                    "type": "number",
                    "minimum": 0,
                    "default": 1.0,
                    "description": "0 is greedy.",
                },
                "top_k": {"title": "Top K", "anyOf": [INTEGER, NULL], "default": None},
            },
        },
        [(Sampling(top_k=1), '{"temperature":1.0,"top_k":1}'), ({"top_k": 2}, '{"temperature":1.0,"top_k":2}')],
        wrong=[{"top_k": "many"}, Sampling.model_construct(temperature=math.inf)],
    ),
    Result(
        "a model in itself",
        Node,
        {
            "$ref": "#/$defs/Node",
            "$defs": {
                "Node": {
                    "title": "Node",
                    "type": "object",
                    "properties": {
                        "value": {"title": "Value", "type": "integer"},
                        "next": {"anyOf": [{"$ref": "#/$defs/Node"}, NULL], "default": None},
                    },
                    "required": ["value"],
                }
            },
        },
        [(Node(value=1), '{"value":1,"next":null}')],
    ),
    Result(
        "generic model",
        Page[Box],
        {
            "title": "Page[Box]",
            "type": "object",
            "properties": {"items": {"title": "Items", "type": "array", "items": {"$ref": "#/$defs/Box"}}},
            "required": ["items"],
            "$defs": {"Box": BOX},
        },
        [(Page[Box](items=[Box(1)]), '{"items":[{"left":1,"top":0}]}')],
    ),
    Result(
        "models told apart by a field",
        Annotated[Text | Link, Field(discriminator="type")],
        PARTS | {"$defs": {"Text": TEXT, "Link": LINK}},
        [(Text(type="text", text="a"), '{"type":"text","text":"a"}')],
        wrong=[{"type": "video"}],
    ),
    Result(
        "async generator",
        AsyncGenerator[Segment, None],
        SEGMENT,
        [([{"start": 0}, {"start": 1}], '{"start":0.0}\n{"start":1.0}\n'), ([], "")],
        is_stream=True,
        wrong=[[{}]],
    ),
    Result("async iterator", AsyncIterator[int], INTEGER, [([1, 2], "1\n2\n")], is_stream=True, wrong=[["one"]]),
    Result(
        "a stream of numbers",
        AsyncGenerator[float, None],
        {"type": "number"},
        [([0.5], "0.5\n")],
        is_stream=True,
        wrong=[[NAN]],
    ),
    Result("a stream of anything", AsyncGenerator, {}, [([1, "a"], '1\n"a"\n')], is_stream=True),
]
