"""What may be left out, and what `run` then gets."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from tests.serving.signature_table.row import Parameter

INTEGER, STRING, NULL = {"type": "integer"}, {"type": "string"}, {"type": "null"}

ROWS = [
    Parameter(
        "a value",
        int,
        INTEGER | {"default": 7},
        default=7,
        accepts=[("8", 8)],
        refuses=[("null", "", "must be an integer, not null")],
    ),
    Parameter(
        "None for what may be null",
        str | None,
        {"anyOf": [STRING, NULL], "default": None},
        default=None,
        accepts=[("null", None), ('"a"', "a")],
        refuses=[("1", "", "must be a string, not a number")],
    ),
    Parameter(
        "None for what may not",
        str,
        STRING | {"default": None},
        default=None,
        accepts=[('"a"', "a")],
        refuses=[("null", "", "must be a string, not null")],
    ),
    Parameter(
        "a list, anew for each request",
        list[int],
        {"type": "array", "items": INTEGER, "default": [1, 2]},
        default=[1, 2],
        accepts=[("[]", [])],
        refuses=[("[null]", ".0", "must be an integer, not null")],
    ),
    Parameter(
        "what JSON writes as a string",
        timedelta,
        {"type": "string", "format": "duration", "default": "PT30S"},
        default=timedelta(seconds=30),
        accepts=[('"PT1M"', timedelta(minutes=1))],
        refuses=[("60", "", "must be a duration such as PT1M30S, not a number")],
    ),
    Parameter(
        "in Field",
        Annotated[int, Field(default=5, description="How many.")],
        INTEGER | {"default": 5, "description": "How many."},
        accepts=[("6", 6)],
        refuses=[('"6"', "", "must be an integer, not a string")],
    ),
    Parameter(
        "in Field and in the signature, which wins",
        Annotated[int, Field(default=5)],
        INTEGER | {"default": 6},
        default=6,
        accepts=[("7", 7)],
        refuses=[("[]", "", "must be an integer, not a list")],
    ),
]
