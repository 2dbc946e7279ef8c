"""Times as log lines carry them, in nanoseconds since 1970, and as the wire writes them; quickly."""

from __future__ import annotations

import re
import time
from datetime import datetime
from functools import lru_cache

from aanad.adapters.logs.entries import NANOSECONDS

_LEVELS = {
    "D": "debug", "I": "info", "W": "warning", "E": "error", "C": "critical", "F": "critical",
    "DEBUG": "debug", "INFO": "info", "WARNING": "warning", "WARN": "warning", "ERROR": "error",
    "CRITICAL": "critical", "FATAL": "critical",
}  # fmt: skip
_SERVE = re.compile(
    r"(DEBUG|INFO|WARNING|ERROR|CRITICAL) (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),(\d{3}) \S+ \S+ "
    r"(?:([0-9a-f-]{36}) )?-- (.*)",
    re.DOTALL,
)
_RAY = re.compile(r"\[(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),(\d{3}) ([DIWECF]) \d+ \d+\]")
_PYTHON = re.compile(
    r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?(Z|[+-]\d\d:\d\d)?"
    r"(?:[\s\[-]+(DEBUG|INFO|WARNING|WARN|ERROR|CRITICAL|FATAL)\b)?"
)
_BEGINNINGS = frozenset("0123456789[DIWEC")

Stamp = tuple[int, str | None, str | None, str]
"""Time, level, request id and message."""


def stamp(line: str) -> Stamp | None:
    """What a line of text says of itself: Serve's, Ray's and Python's formats; None where it says no time."""
    if line[:1] not in _BEGINNINGS:
        return None
    if match := _SERVE.match(line):
        level, second, millis, request_id, message = match.groups()
        return _local(second) + int(millis) * 1_000_000, level.lower(), request_id, message
    if match := _RAY.match(line):
        second, millis, letter = match.groups()
        return _local(second) + int(millis) * 1_000_000, _LEVELS[letter], None, line
    if match := _PYTHON.match(line):
        day, clock, fraction, zone, level = match.groups()
        seconds = _zoned(f"{day}T{clock}{zone}") if zone else _local(f"{day} {clock}")
        if seconds is None:
            return None
        return seconds + int((fraction or "0").ljust(9, "0")), _LEVELS.get(level or ""), None, line
    return None


@lru_cache(maxsize=64)
def level_name(text: str) -> str:
    """A level as the wire calls it; one that nobody knows stays as it is."""
    return _LEVELS.get(text.upper(), text.lower())


def from_iso(text: object) -> int | None:
    """Nanoseconds of an RFC 3339 time."""
    if not isinstance(text, str):
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return int(found.timestamp()) * NANOSECONDS + found.microsecond * 1000


@lru_cache(maxsize=16)
def utc_second(second: int) -> str:
    """The beginning of an RFC 3339 time, up to its seconds."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))


@lru_cache(maxsize=64)
def _local(text: str) -> int:
    """Python's and Serve's formats give local time without a zone."""
    try:
        return int(time.mktime(time.strptime(text, "%Y-%m-%d %H:%M:%S"))) * NANOSECONDS
    except (ValueError, OverflowError):
        return 0


@lru_cache(maxsize=64)
def _zoned(text: str) -> int | None:
    return from_iso(text)
