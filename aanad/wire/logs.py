"""Log records as the API streams them (NDJSON, one record a line)."""

from __future__ import annotations

from datetime import datetime

from aanad.wire.base import WireModel


class LogRecord(WireModel):
    """One record; a traceback stays in the record of its message."""

    time: datetime
    project: str | None = None
    deployment: str | None = None
    replica: str | None = None
    source: str
    """``serve`` (a replica's log), ``stdout``, ``stderr``, ``build``."""
    level: str | None = None
    request_id: str | None = None
    message: str
