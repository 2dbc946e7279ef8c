"""JSON as people type it: what is wrong with it is said with line and column."""

from __future__ import annotations

import json
from typing import Any, NoReturn


class JsonFault(ValueError):
    """The text is no JSON; line and column count from 1."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(f"line {line}, column {column}: {message}")
        self.line = line
        self.column = column


def parse(text: str) -> Any:
    """Read JSON as endpoints do.

    Raises:
        JsonFault: it is none.
    """
    try:
        return json.loads(text, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise JsonFault(_sentence(error), error.lineno, error.colno) from None
    except RecursionError:
        raise JsonFault("nested too deeply", 1, 1) from None
    except JsonFault:
        raise
    except ValueError as error:  # a number of more digits than Python reads
        raise JsonFault(str(error).partition(";")[0], 1, 1) from None


def pretty(value: Any) -> str:
    """JSON for reading."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def _refuse(name: str) -> NoReturn:
    raise JsonFault(f"{name} is no number in JSON", 1, 1)


def _sentence(error: json.JSONDecodeError) -> str:
    found = error.doc[error.pos : error.pos + 1]
    what = {
        "Expecting value": "a value is missing",
        "Expecting ',' delimiter": "a comma is missing",
        "Expecting ':' delimiter": "a colon is missing",
        "Expecting property name enclosed in double quotes": "a name in double quotes is missing",
        "Extra data": "something follows after the end",
        "Unterminated string starting at": "this string has no end",
        "Illegal trailing comma before end of object": "a comma too many",
        "Illegal trailing comma before end of array": "a comma too many",
    }.get(error.msg, error.msg)
    return f"{what} before {found!r}" if found.strip() and "missing" in what else what
