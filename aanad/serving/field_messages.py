"""The words for each kind of error that pydantic finds in a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

UNKNOWN_FIELD = frozenset({"extra_forbidden", "unexpected_keyword_argument"})

_DATE = "a date such as 2026-01-31"
_DATETIME = "a date and time such as 2026-01-31T12:00:00Z"
_TIME = "a time such as 12:30:00"
_DURATION = "a duration such as PT1M30S"
_URL = "a URL such as https://example.com/a"
_NUMBER_TEXT = "a number, or a string with one"

_EXPECTED: dict[str, str] = {
    "string_type": "a string",
    "string_sub_type": "a string",
    "bytes_type": "a string",
    "path_type": "a string",
    "int_type": "an integer",
    "int_parsing": "an integer",
    "int_from_float": "an integer",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "decimal_type": _NUMBER_TEXT,
    "decimal_parsing": _NUMBER_TEXT,
    "complex_type": "a number",
    "none_required": "null",
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
    "frozen_set_type": "a list",
    "iterable_type": "a list",
    "deque_type": "a list",
    "named_tuple_type": "a list",
    "counter_type": "an object",
    "ordered_dict_type": "an object",
    "dict_type": "an object",
    "mapping_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "dataclass_type": "an object",
    "dataclass_exact_type": "an object",
    "arguments_type": "a list",
    "date_type": _DATE,
    "date_parsing": _DATE,
    "date_from_datetime_parsing": _DATE,
    "date_from_datetime_inexact": _DATE,
    "datetime_type": _DATETIME,
    "datetime_parsing": _DATETIME,
    "datetime_from_date_parsing": _DATETIME,
    "time_type": _TIME,
    "time_parsing": _TIME,
    "time_delta_type": _DURATION,
    "time_delta_parsing": _DURATION,
    "uuid_type": "a UUID",
    "uuid_parsing": "a UUID",
    "url_type": _URL,
    "url_parsing": _URL,
    "ip_any_address": "an IP address",
    "ip_v4_address": "an IPv4 address",
    "ip_v6_address": "an IPv6 address",
    "json_type": "a string with a JSON document",
    "json_invalid": "a string with a JSON document",
    "pattern_type": "a string with a regular expression",
    "pattern_regex": "a string with a regular expression",
}

_SENTENCES: dict[str, str] = {
    "missing": "is required",
    "missing_argument": "is required",
    "missing_positional_only_argument": "is required",
    "missing_keyword_only_argument": "is required",
    "extra_forbidden": "unknown field",
    "unexpected_keyword_argument": "unknown field",
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "multiple_of": "must be a multiple of {multiple_of}",
    "finite_number": "must be a finite number",
    "string_too_short": "must have at least {min_length} {characters}",
    "string_too_long": "must have at most {max_length} {characters}",
    "bytes_too_short": "must have at least {min_length} {bytes}",
    "bytes_too_long": "must have at most {max_length} {bytes}",
    "string_pattern_mismatch": "must match the pattern {pattern}",
    "too_short": "must have at least {min_length} {items}",
    "too_long": "must have at most {max_length} {items}",
    "date_past": "must be in the past",
    "date_future": "must be in the future",
    "datetime_past": "must be in the past",
    "datetime_future": "must be in the future",
    "timezone_aware": "must say its time zone, with a Z or +02:00 at its end",
    "timezone_naive": "must not say a time zone",
    "uuid_version": "must be a UUID of version {expected_version}",
    "url_scheme": "must be a URL that begins with {expected_schemes}",
    "url_too_long": "must have at most {max_length} {characters}",
    "decimal_max_digits": "must have at most {max_digits} digits",
    "decimal_max_places": "must have at most {decimal_places} digits after the point",
    "decimal_whole_digits": "must have at most {whole_digits} digits before the point",
    "union_tag_not_found": "is required",
    "recursion_loop": "contains itself",
}

_UNITS = {"characters": "character", "bytes": "byte", "items": "item"}


def is_of_wrong_kind(error: ErrorDetails) -> bool:
    """Whether the JSON value itself is of the wrong kind, a number instead of a string say."""
    if error["loc"][-1:] == ("[key]",):  # JSON has no other kind for a name
        return False
    return error["type"].endswith("_type") or error["type"] in {"none_required", "int_from_float"}


def expected(error: ErrorDetails) -> str | None:
    """What the value should have been, as the end of "must be …"; None where its kind is right."""
    kind = error["type"]
    if kind in {"literal_error", "enum"}:
        return str(error["ctx"]["expected"])
    return _EXPECTED.get(kind)


def received(value: Any) -> str:
    """The value's kind, as the end of "must be …"; never the value itself, which may be large or private."""
    match value:
        case None:
            return ", not null"
        case bool():
            return ", not a boolean"
        case int():
            return ", not a number"
        case float():
            return ", not a decimal number"
        case str():
            return ", not a string"
        case list() | tuple():
            return ", not a list"
        case dict():
            return ", not an object"
    return ""


def sentence(error: ErrorDetails) -> str:
    """What is wrong, without the field's name and without a full stop."""
    kind = error["type"]
    context = {name: _plain(value) for name, value in error.get("ctx", {}).items()}
    wanted = expected(error)
    if wanted is not None:
        return f"must be {wanted}{received(error['input']) if is_of_wrong_kind(error) else ''}"
    if kind == "union_tag_invalid":
        return f"must be {_listed(context['expected_tags'])}"
    if kind in _SENTENCES:
        units = {many: one if _count(context) == 1 else many for many, one in _UNITS.items()}
        return _SENTENCES[kind].format(**{**context, **units})
    return _own_words(error["msg"])


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _count(context: dict[str, Any]) -> object:
    return context.get("min_length", context.get("max_length"))


def _listed(tags: str) -> str:
    before, _, last = tags.rpartition(", ")
    return f"{before} or {last}" if before else last


def _own_words(message: str) -> str:
    """What an author's validator said, or pydantic about a kind that is rare."""
    for prefix in ("Value error, ", "Assertion failed, "):
        message = message.removeprefix(prefix)
    if message.startswith("Input should be "):
        message = f"must be {message.removeprefix('Input should be ')}"
    return message.rstrip(".") or "is not valid"
