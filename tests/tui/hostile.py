"""A daemon whose every text is hostile to terminals: what steers one is added to all strings of all answers."""

from __future__ import annotations

import json
from datetime import datetime
from enum import StrEnum
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import aanad.wire

SENTINEL = "SENTINEL"
PAYLOAD = (
    f"\x1b]52;c;{SENTINEL}\x07\x1b[31m{SENTINEL}\x1b[2J\x1b[?1049l\x1bP{SENTINEL}\x1b\\\x9b31m\x9d0;{SENTINEL}\x9c"
    f"\x1b]0;{SENTINEL}\x1b\\\x07\x08\x7f\u202e{SENTINEL}\u2066\u200f[/x][bold red]{SENTINEL}[/] [link=x]\U000e0041"
)
FRAGMENTS = (
    b"\x1b]52;c;SENT", b"\x1b[31mSENT", b"\x1bPSENT", b"\x1b]0;SENT", "\x9b".encode(), "\x9d".encode(), b"\x1b[2J",
    "\u202e".encode(), "\u2066".encode(), "\u200f".encode(), "\U000e0041".encode(), b"\x08", b"\x7f",
)  # fmt: skip
"""None of these may reach a terminal; a bell alone may, the console rings it itself."""

_IDENTITY = {
    "name", "project", "deployment", "replica", "id", "key", "endpoint", "path", "etag", "node", "address", "epoch",
    "cursor", "position", "url", "uuid", "revision", "active", "operation", "before", "after", "type", "format", "$ref",
    "topic", "desired", "api_versions", "media_types", "metric", "kind", "route_prefix", "contentMediaType",
    "contentEncoding", "uploads", "required",
}  # fmt: skip
"""Without these nothing could be asked for any more; a daemon lets no harm into them."""
_WORDS = {
    str(word)
    for module in iter_modules(aanad.wire.__path__)
    for kind in vars(import_module(f"aanad.wire.{module.name}")).values()
    if isinstance(kind, type) and issubclass(kind, StrEnum)
    for word in kind
} | {"debug", "info", "warning", "error", "critical"}


def rewrite(piece: bytes, media_type: str) -> bytes:
    """A piece of an answer, with the payload in all of its strings."""
    match media_type.partition(";")[0]:
        case "text/event-stream":
            return b"\n".join(
                b"data: " + _json(line[6:]) if line[:6] == b"data: " else line for line in piece.split(b"\n")
            )
        case "application/x-ndjson":
            return b"\n".join(_json(line) if line.strip() else line for line in piece.split(b"\n"))
        case "application/json" | "application/problem+json":
            return _json(piece)
        case kind if kind.startswith("text/"):
            return piece + PAYLOAD.encode()
        case _:
            return piece


def _json(text: bytes) -> bytes:
    try:
        return json.dumps(_harmful(json.loads(text))).encode()
    except json.JSONDecodeError:
        return text


def _harmful(value: Any, key: str = "") -> Any:
    match value:
        case dict():
            return {name: _harmful(each, name) for name, each in value.items()}
        case list():
            return [_harmful(each, key) for each in value]
        case str() if key not in _IDENTITY and value not in _WORDS and not _is_time(value):
            return value + PAYLOAD
        case _:
            return value


def _is_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
