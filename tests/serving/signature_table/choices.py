"""Optional, Union, Literal and Enum: one sentence, however many branches were tried."""

# ruff: noqa: D101 - classes as their authors write them
from __future__ import annotations

import enum
from datetime import date
from typing import Annotated, Literal, Optional, Union

from pydantic import Field

from tests.serving.signature_table.row import Parameter

INTEGER, STRING, NULL = {"type": "integer"}, {"type": "string"}, {"type": "null"}
STRINGS = {"type": "array", "items": STRING}


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Size(enum.StrEnum):
    SMALL = "small"


class Mixed(enum.Enum):
    """Of two kinds."""

    ONE = 1
    AUTO = "auto"


ROWS = [
    Parameter(
        "T | None",
        str | None,
        {"anyOf": [STRING, NULL]},
        accepts=[("null", None), ('"a"', "a")],
        refuses=[("1", "", "must be a string, not a number")],
    ),
    Parameter(
        "typing.Optional with a default",
        Optional[int],  # noqa: UP045
        {"anyOf": [INTEGER, NULL], "default": 4},
        default=4,
        accepts=[("null", None), ("5", 5)],
        refuses=[('"5"', "", "must be an integer, not a string")],
    ),
    Parameter(
        "int | str keeps what was sent",
        int | str,
        {"anyOf": [INTEGER, STRING]},
        accepts=[('"3"', "3"), ("3", 3), ("3.0", 3)],
        refuses=[
            ("true", "", "must be an integer or a string, not a boolean"),
            ("null", "", "must be an integer or a string, not null"),
        ],
    ),
    Parameter(
        "int | float keeps what was sent",
        int | float,
        {"anyOf": [INTEGER, {"type": "number"}]},
        accepts=[("3", 3), ("3.0", 3.0), ("3.5", 3.5)],
        refuses=[('"3"', "", "must be an integer or a number, not a string")],
    ),
    Parameter(
        "typing.Union of a value and a list of it",
        Union[str, list[str]],  # noqa: UP007
        {"anyOf": [STRING, STRINGS]},
        accepts=[('"a"', "a"), ('["a", "b"]', ["a", "b"])],
        refuses=[
            ("{}", "", "must be a string or a list, not an object"),
            ('["a", null]', ".1", "must be a string, not null"),
        ],
    ),
    Parameter(
        "a union with None in it",
        bool | float | list[int] | None,
        {"anyOf": [{"type": "boolean"}, {"type": "number"}, {"type": "array", "items": INTEGER}, NULL]},
        accepts=[("true", True), ("1.5", 1.5), ("[1]", [1]), ("null", None)],
        refuses=[
            ('"a"', "", "must be true or false, a number or a list, not a string"),
            ('["a"]', ".0", "must be an integer, not a string"),
        ],
    ),
    Parameter(
        "a union with a bound",
        Annotated[int, Field(ge=0)] | Literal["auto"],
        {"anyOf": [INTEGER | {"minimum": 0}, {"const": "auto", "type": "string"}]},
        accepts=[('"auto"', "auto"), ("0", 0)],
        refuses=[("-1", "", "must be at least 0"), ('"all"', "", "must be an integer or 'auto'")],
    ),
    Parameter(
        "a union of written forms",
        date | int,
        {"anyOf": [{"type": "string", "format": "date"}, INTEGER]},
        accepts=[("17", 17), ('"2026-01-31"', date(2026, 1, 31))],
        refuses=[('"soon"', "", "must be a date such as 2026-01-31 or an integer")],
    ),
    Parameter(
        "Literal",
        Literal["a", "b"],
        {"enum": ["a", "b"], "type": "string"},
        accepts=[('"b"', "b")],
        refuses=[("1", "", "must be 'a' or 'b'"), ('"B"', "", "must be 'a' or 'b'")],
    ),
    Parameter(
        "Literal of several kinds",
        Literal["auto", 1, None],  # noqa: PYI061 - as some write it
        {"enum": ["auto", 1, None]},
        accepts=[("1", 1), ("null", None), ('"auto"', "auto")],
        refuses=[('"1"', "", "must be 'auto', 1 or None")],
    ),
    Parameter(
        "Enum",
        Colour,
        {"$ref": "#/$defs/Colour"},
        defs={"Colour": {"title": "Colour", "enum": ["red", "blue"], "type": "string"}},
        accepts=[('"red"', Colour.RED)],
        refuses=[
            ('"RED"', "", "must be 'red' or 'blue'"),
            ("null", "", "must be 'red' or 'blue'"),
        ],
    ),
    Parameter(
        "Enum with a default",
        Colour | None,
        {"anyOf": [{"$ref": "#/$defs/Colour"}, NULL], "default": "blue"},
        is_titled=False,
        default=Colour.BLUE,
        defs={"Colour": {"title": "Colour", "enum": ["red", "blue"], "type": "string"}},
        accepts=[("null", None), ('"red"', Colour.RED)],
        refuses=[('"green"', "", "must be 'red' or 'blue'")],
    ),
    Parameter(
        "IntEnum",
        Level,
        {"$ref": "#/$defs/Level"},
        defs={"Level": {"title": "Level", "enum": [1, 2], "type": "integer"}},
        accepts=[("1", Level.LOW)],
        refuses=[("3", "", "must be 1 or 2"), ('"1"', "", "must be 1 or 2"), ("true", "", "must be 1 or 2")],
    ),
    Parameter(
        "the same IntEnum twice",
        tuple[Level, Level],
        {
            "type": "array",
            "prefixItems": [{"$ref": "#/$defs/Level"}, {"$ref": "#/$defs/Level"}],
            "minItems": 2,
            "maxItems": 2,
        },
        defs={"Level": {"title": "Level", "enum": [1, 2], "type": "integer"}},
        accepts=[("[1, 2.0]", (Level.LOW, Level.HIGH))],
        refuses=[('[1, "2"]', ".1", "must be 1 or 2")],
    ),
    Parameter(
        "StrEnum",
        Size,
        {"$ref": "#/$defs/Size"},
        defs={"Size": {"title": "Size", "enum": ["small"], "type": "string"}},
        accepts=[('"small"', Size.SMALL)],
        refuses=[('"large"', "", "must be 'small'")],
    ),
    Parameter(
        "Enum of two kinds",
        Mixed,
        {"$ref": "#/$defs/Mixed"},
        defs={"Mixed": {"title": "Mixed", "description": "Of two kinds.", "enum": [1, "auto"]}},
        accepts=[("1", Mixed.ONE), ('"auto"', Mixed.AUTO)],
        refuses=[('"1"', "", "must be 1 or 'auto'")],
    ),
]
