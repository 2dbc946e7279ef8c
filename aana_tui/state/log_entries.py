"""One log record as the console keeps it: harmless already, and small, because there are tens of thousands."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aanad.client import sanitise

if TYPE_CHECKING:
    from datetime import datetime

    from aanad.wire.logs import LogRecord

KEPT_CHARS = 64 * 1024
"""Of one message; the file at the daemon has the rest."""
LEVELS = ("debug", "info", "warning", "error", "critical")
_TRACEBACK = "Traceback (most recent call last)"
_OVERHEAD_BYTES = 400


@dataclass(slots=True)
class LogEntry:
    """A record, or a mark that the operator set."""

    time: datetime
    text: str
    """The message, harmless; newlines and tabs are kept."""
    level: str = ""
    project: str = ""
    deployment: str = ""
    replica: str = ""
    source: str = ""
    node: str = ""
    request_id: str = ""
    position: str = ""
    by_arrival: bool = False
    left_out: int = 0
    """How many characters of the message are not kept."""
    is_mark: bool = False
    is_void: bool = False
    """A mark that was taken away."""
    is_error: bool = False
    """An error, or worse, or a traceback of any level."""
    seq: int = -1
    """Its number in the ring; the next one has the next number."""

    @property
    def origin(self) -> str:
        """Who wrote it: ``project/deployment#replica``, as far as it is known, else the source."""
        where = "/".join(filter(None, (self.project, self.deployment)))
        if self.replica:
            return f"{where}#{self.replica[-8:]}"
        return where or self.source

    @property
    def size_bytes(self) -> int:
        """About what it takes of memory."""
        # Python keeps 1, 2 or 4 bytes a character.
        wide = 1 if self.text.isascii() else 4
        return _OVERHEAD_BYTES + wide * len(self.text)

    def as_json(self, indent: int | None = 2) -> str:
        """The record as the daemon says it, except for what could steer a terminal."""
        record = {
            "time": self.time.isoformat(),
            "project": self.project or None,
            "deployment": self.deployment or None,
            "replica": self.replica or None,
            "source": self.source,
            "level": self.level or None,
            "request_id": self.request_id or None,
            "message": self.text,
            "by_arrival": self.by_arrival,
            "node": self.node or None,
            "position": self.position,
        }
        return json.dumps(record, indent=indent, ensure_ascii=False)

    def as_line(self) -> str:
        """As `aana logs` prints it; the lines after the first are indented."""
        mark = "~" if self.by_arrival else ""
        moment = f"{self.time:%Y-%m-%dT%H:%M:%S}.{self.time.microsecond // 1000:03d}Z"
        message = self.text.replace("\n", "\n    ")
        return f"{mark}{moment} {self.origin} {self.level or '-'} {message}"


def entry_of(record: LogRecord, *, whole: bool = False) -> LogEntry:
    """Keep a record; `whole` keeps its message however long it is."""
    message = record.message.rstrip("\n")
    left_out = 0
    if not whole and len(message) > KEPT_CHARS:
        left_out = len(message) - KEPT_CHARS
        message = message[:KEPT_CHARS]
    text = sanitise(message, lines=True)
    level = (record.level or "").lower()
    return LogEntry(
        record.time,
        text,
        _name(level),
        _name(record.project),
        _name(record.deployment),
        _name(record.replica),
        _name(record.source),
        _name(record.node),
        sanitise(record.request_id or ""),
        sanitise(record.position),
        record.by_arrival,
        left_out,
        is_error=level in {"error", "critical"} or _TRACEBACK in text,
    )


def mark_at(time: datetime) -> LogEntry:
    """A mark: what comes after it came later than this."""
    return LogEntry(time, "", is_mark=True)


def _name(text: str | None) -> str:
    """Few different ones in many records: kept once."""
    return sys.intern(sanitise(text)) if text else ""
