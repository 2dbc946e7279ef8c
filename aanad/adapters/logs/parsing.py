"""From lines to records: Serve's JSON, the daemon's and the unit's JSON, text with times, and what anybody prints."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import orjson

from aanad.adapters.logs.entries import MAX_MESSAGE_CHARS, Entry
from aanad.adapters.logs.joining import Joiner, may_continue
from aanad.adapters.logs.times import from_iso, level_name, stamp

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aanad.adapters.logs.splitting import Line

_RAY_NOISE = re.compile(rb":(?:actor_name|task_name|job_id):")
TRACEBACK_MODULE = "traceback.py"


class Parser:
    """Parses one file; remembers the last time it saw, for the lines that carry none."""

    def __init__(self) -> None:
        self._last: int | None = None
        self._key = 0
        self._joiner = Joiner()

    @property
    def held(self) -> Entry | None:
        """The record that may still grow."""
        return self._joiner.held

    @property
    def last_key(self) -> int:
        """Where the last record stands; no later one stands before it."""
        return self._key

    def parse(self, lines: Iterable[Line], *, arrived: int, now: int) -> list[Entry]:
        """Records of complete lines.

        Args:
            lines: of the file, in order.
            arrived: when they were seen, for lines that carry no time.
            now: no record is placed later, whatever its clock said.
        """
        found: list[Entry] = []
        joiner = self._joiner
        for start, end, line in lines:
            entry, may_lead, is_printed = None, False, False
            if line[:1] == b"{" and (document := _document(line)) is not None:
                entry = _of_document(document, start, end, self._untimed(arrived))
                is_printed = document.get("filename") == TRACEBACK_MODULE
            elif line[:1] != b":" or not _RAY_NOISE.match(line):
                entry, may_lead = self._of_text(line, start, end, arrived)
            if entry is None:
                continue
            if not entry.by_arrival:
                self._last = entry.time
            self._key = entry.key = max(self._key, min(entry.time, now))
            if joiner.held is None and not may_lead and (message := entry.message) and message[-1] != ":":
                found += entry.pieces() if len(message) > MAX_MESSAGE_CHARS else (entry,)  # nearly all
                continue
            for each in joiner.add(entry, may_lead=may_lead, is_printed=is_printed):
                found += each.pieces()
        return found

    def close(self) -> list[Entry]:
        """The record that was held back; nothing more comes, or not soon."""
        return self._joiner.close()

    def _untimed(self, arrived: int) -> int:
        return arrived if self._last is None else self._last

    def _of_text(self, line: bytes, start: int, end: int, arrived: int) -> tuple[Entry, bool]:
        text = line.decode(errors="replace")
        found = stamp(text)
        if found is None:
            return Entry(start, end, self._untimed(arrived), text, None, None, True), False
        time, level, request_id, message = found
        return Entry(start, end, time, message, level, request_id), True


def begins_a_record(line: bytes) -> bool:
    """Whether a line certainly does not continue the record before it."""
    if line[:1] == b"{" and (document := _document(line)) is not None:
        return document.get("filename") != TRACEBACK_MODULE and not may_continue(str(document["message"]))
    text = line.decode(errors="replace")
    return stamp(text) is not None or not may_continue(text)


def messages(lines: Iterable[str]) -> list[str]:
    """What people read of lines: the message of Serve's JSON with its traceback, and other lines as they are."""
    found = []
    for line in lines:
        document = _document(line.encode(errors="replace")) if line.startswith("{") else None
        if document is not None:
            found.append(_of_document(document, 0, 0, 0).message)
        elif line and not _RAY_NOISE.match(line.encode(errors="replace")):
            timed = stamp(line)
            found.append(timed[3] if timed else line)
    return found


def _of_document(document: dict[str, Any], start: int, end: int, untimed: int) -> Entry:
    time = document.get("timestamp_ns")
    level = document.get("levelname") or document.get("level")
    message = document["message"]
    if not isinstance(message, str):
        message = str(message)
    if message[-1:] == "\n":
        message = message.rstrip("\n")
    if trace := document.get("exc_text") or document.get("exception"):
        message = f"{message}\n{trace}"
    if "\r" in message:
        message = _last_states(message)
    by_arrival = False
    if not isinstance(time, int):
        time = from_iso(document.get("time"))
        if time is None:
            time, by_arrival = untimed, True
    return Entry(
        start,
        end,
        time,
        message,
        level_name(level) if isinstance(level, str) else None,
        document.get("request_id") or None,
        by_arrival,
    )


def _last_states(message: str) -> str:
    """Each line of a message as it was seen last, where carriage returns wrote over it."""
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in message.split("\n"))


def _document(line: bytes) -> dict[str, Any] | None:
    try:
        document = orjson.loads(line)
    except ValueError:
        document = _unusual_document(line)
    return document if isinstance(document, dict) and "message" in document else None


def _unusual_document(line: bytes) -> Any:
    """What Python's json writes and orjson does not read: NaN, and halves of surrogate pairs."""
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if isinstance(document, dict):
        return {
            key: value.encode(errors="replace").decode() if isinstance(value, str) else value
            for key, value in document.items()
        }
    return document
