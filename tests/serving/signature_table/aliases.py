"""Names for types: NewType, TypeAliasType, plain assignment, text; the same schema as what they stand for."""

from __future__ import annotations

from typing import Annotated, NewType, TypeVar

from pydantic import Field
from typing_extensions import TypeAliasType

from tests.serving.signature_table.row import Parameter

T = TypeVar("T")
INTEGER, STRING, NULL = {"type": "integer"}, {"type": "string"}, {"type": "null"}

SpeakerId = NewType("SpeakerId", int)
Percentage = Annotated[float, Field(ge=0, le=100)]
Words = list[str]
Lines = TypeAliasType("Lines", list[str])
Pair = TypeAliasType("Pair", tuple[T, T], type_params=(T,))
Json = TypeAliasType("Json", "dict[str, Json] | list[Json] | str | int | None")

ROWS = [
    Parameter(
        "NewType",
        SpeakerId,
        INTEGER,
        accepts=[("3", 3)],
        refuses=[('"3"', "", "must be an integer, not a string")],
    ),
    Parameter(
        "an alias by assignment",
        list[Percentage],
        {"type": "array", "items": {"type": "number", "minimum": 0, "maximum": 100}},
        accepts=[("[0, 99.5]", [0.0, 99.5])],
        refuses=[("[101]", ".0", "must be at most 100")],
    ),
    Parameter(
        "TypeAliasType",
        Lines,
        {"$ref": "#/$defs/Lines"},
        defs={"Lines": {"type": "array", "items": STRING}},
        accepts=[('["a"]', ["a"])],
        refuses=[("[1]", ".0", "must be a string, not a number")],
    ),
    Parameter(
        "generic TypeAliasType",
        Pair[int],
        {"$ref": "#/$defs/Pair_int_"},
        defs={"Pair_int_": {"type": "array", "prefixItems": [INTEGER, INTEGER], "minItems": 2, "maxItems": 2}},
        accepts=[("[1, 2]", (1, 2))],
        refuses=[('[1, "2"]', ".1", "must be an integer, not a string")],
    ),
    Parameter(
        "a TypeAliasType in itself",
        Json,
        {"$ref": "#/$defs/Json"},
        defs={
            "Json": {
                "anyOf": [
                    {"type": "object", "additionalProperties": {"$ref": "#/$defs/Json"}},
                    {"type": "array", "items": {"$ref": "#/$defs/Json"}},
                    STRING,
                    INTEGER,
                    NULL,
                ]
            }
        },
        accepts=[('{"a": [1, {"b": null}]}', {"a": [1, {"b": None}]})],
        refuses=[
            ("true", "", "must be an object, a list, a string or an integer, not a boolean"),
            ('{"a": [1, 2.5]}', ".a.1", "must be an object, a list, a string or an integer, not a decimal number"),
        ],
    ),
    Parameter(
        "an annotation written as text",
        "dict[str, int | None] | None",
        {"anyOf": [{"type": "object", "additionalProperties": {"anyOf": [INTEGER, NULL]}}, NULL]},
        accepts=[("null", None), ('{"a": null, "b": 1}', {"a": None, "b": 1})],
        refuses=[('{"a": "1"}', ".a", "must be an integer, not a string")],
    ),
]
