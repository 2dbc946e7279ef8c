"""Text, numbers, booleans, null, bytes of text, and anything at all."""

from __future__ import annotations

from typing import Any

from tests.serving.signature_table.row import Parameter

ROWS = [
    Parameter(
        "str",
        str,
        {"type": "string"},
        accepts=[('""', ""), ('"ä\\u0000"', "ä\0")],
        refuses=[
            ("1", "", "must be a string, not a number"),
            ("null", "", "must be a string, not null"),
            ('["a"]', "", "must be a string, not a list"),
        ],
    ),
    Parameter(
        "int",
        int,
        {"type": "integer"},
        accepts=[
            ("3", 3),
            ("-0", 0),
            ("3.0", 3),
            ("1e3", 1000),
            ("123456789012345678901234567890", 123456789012345678901234567890),
        ],
        refuses=[
            ('"3"', "", "must be an integer, not a string"),
            ("true", "", "must be an integer, not a boolean"),
            ("3.5", "", "must be an integer, not a decimal number"),
            ("NaN", "", "must be an integer, not a decimal number"),
            ("{}", "", "must be an integer, not an object"),
        ],
    ),
    Parameter(
        "float",
        float,
        {"type": "number"},
        accepts=[("3", 3.0), ("-2.5e-3", -0.0025)],
        refuses=[
            ('"3"', "", "must be a number, not a string"),
            ("false", "", "must be a number, not a boolean"),
            ("NaN", "", "must be a finite number"),
            ("-Infinity", "", "must be a finite number"),
            ("1e999", "", "must be a finite number"),
        ],
    ),
    Parameter(
        "bool",
        bool,
        {"type": "boolean"},
        accepts=[("true", True), ("false", False)],
        refuses=[
            ("1", "", "must be true or false, not a number"),
            ('"yes"', "", "must be true or false, not a string"),
        ],
    ),
    Parameter(
        "None",
        None,
        {"type": "null"},
        accepts=[("null", None)],
        refuses=[("0", "", "must be null, not a number")],
    ),
    Parameter(
        "Any",
        Any,
        {},
        accepts=[('[1, {"a": null}]', [1, {"a": None}]), ("null", None)],
    ),
    Parameter("object", object, {}, accepts=[('"a"', "a"), ("{}", {})]),
]
