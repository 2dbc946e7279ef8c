"""``Annotated[T, …]``: bounds, lengths, patterns, descriptions, aliases, validators of the author's own."""

from __future__ import annotations

from typing import Annotated, Any

from annotated_types import Gt, MultipleOf
from pydantic import AfterValidator, BeforeValidator, Field, Json, StringConstraints

from tests.serving.signature_table.row import Parameter


def even(value: int) -> int:
    if value % 2:
        raise ValueError("Only even numbers.")
    return value


def known(value: str) -> str:
    assert value in {"en", "et"}
    return value


def split(value: Any) -> Any:
    return value.split(",") if isinstance(value, str) else value


ROWS = [
    Parameter(
        "Field with bounds",
        Annotated[int, Field(ge=0, le=10, description="How many.", examples=[3])],
        {"type": "integer", "minimum": 0, "maximum": 10, "description": "How many.", "examples": [3]},
        accepts=[("0", 0), ("10", 10)],
        refuses=[("-1", "", "must be at least 0"), ("11", "", "must be at most 10")],
    ),
    Parameter(
        "Field with open bounds",
        Annotated[float, Field(gt=0, lt=1)],
        {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
        accepts=[("0.5", 0.5)],
        refuses=[("0", "", "must be greater than 0"), ("1", "", "must be less than 1")],
    ),
    Parameter(
        "annotated_types",
        Annotated[int, Gt(0), MultipleOf(8)],
        {"type": "integer", "exclusiveMinimum": 0, "multipleOf": 8},
        accepts=[("512", 512)],
        refuses=[("500", "", "must be a multiple of 8"), ("0", "", "must be greater than 0")],
    ),
    Parameter(
        "string lengths and pattern",
        Annotated[str, Field(min_length=1, max_length=3, pattern="^[a-z]*$")],
        {"type": "string", "minLength": 1, "maxLength": 3, "pattern": "^[a-z]*$"},
        accepts=[('"abc"', "abc")],
        refuses=[
            ('""', "", "must have at least 1 character"),
            ('"abcd"', "", "must have at most 3 characters"),
            ('"A"', "", "must match the pattern ^[a-z]*$"),
        ],
    ),
    Parameter(
        "StringConstraints",
        Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True)],
        {"type": "string"},
        accepts=[('" Ab "', "ab")],
        refuses=[("null", "", "must be a string, not null")],
    ),
    Parameter(
        "list lengths",
        Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1, max_length=2)],
        {"type": "array", "items": {"type": "integer", "minimum": 0}, "minItems": 1, "maxItems": 2},
        accepts=[("[1, 2]", [1, 2])],
        refuses=[
            ("[]", "", "must have at least 1 item"),
            ("[1, 2, 3]", "", "must have at most 2 items"),
            ("[1, -2]", ".1", "must be at least 0"),
        ],
    ),
    Parameter(
        "a validator's own words",
        Annotated[int, AfterValidator(even)],
        {"type": "integer"},
        accepts=[("2", 2)],
        refuses=[("3", "", "Only even numbers"), ('"2"', "", "must be an integer, not a string")],
    ),
    Parameter(
        "an assertion without words",
        Annotated[str, AfterValidator(known)],
        {"type": "string"},
        accepts=[('"et"', "et")],
        refuses=[('"fr"', "", "is not valid")],
    ),
    Parameter(
        "a validator that comes before is the author's own business",
        Annotated[list[int], BeforeValidator(split)],
        {"type": "array", "items": {"type": "integer"}},
        accepts=[('"1,2"', [1, 2]), ("[1]", [1])],
        refuses=[('"1,b"', ".1", "must be an integer")],
    ),
    Parameter(
        "strictness that an author takes away",
        Annotated[int, Field(strict=False)],
        {"type": "integer"},
        accepts=[('"5"', 5), ("5", 5)],
        refuses=[('"five"', "", "must be an integer")],
    ),
    Parameter(
        "Json",
        Json[list[int]],
        {
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": {"type": "array", "items": {"type": "integer"}},
        },
        accepts=[('"[1, 2]"', [1, 2])],
        refuses=[
            ('"["', "", "must be a string with a JSON document"),
            ('"[true]"', ".0", "must be an integer, not a boolean"),
            ("[1]", "", "must be a string with a JSON document, not a list"),
        ],
    ),
]
