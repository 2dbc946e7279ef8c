"""Log records as the API streams them: NDJSON, one `LogRecord` or `LogCursor` a line; an empty line is a heartbeat."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from aanad.wire.base import WireModel

LogSourceKind = Literal["serve", "stdout", "stderr", "build", "crash", "controller", "ray", "daemon"]
LogLevel = Literal["debug", "info", "warning", "error", "critical"]


class LogRecord(WireModel):
    """One record; a traceback stays in the record of its message."""

    time: datetime
    project: str | None = None
    deployment: str | None = None
    replica: str | None = None
    source: str
    """``serve`` (a replica's log), ``stdout``, ``stderr``, ``build``, ``crash`` (the last lines of a replica that is
    gone and whose files cannot be read any more), ``controller`` (Serve's), ``ray`` (the Ray unit), ``daemon``."""
    level: str | None = None
    """``debug``, ``info``, ``warning``, ``error`` or ``critical``; None where the line says none."""
    request_id: str | None = None
    message: str
    by_arrival: bool = False
    """The line carries no time of its own, and is placed where it arrived."""
    node: str | None = None
    """The address of the node that wrote it, where that is not the daemon's."""
    position: str = ""
    """``<file>:<offset of its end>``: the same record has the same one, whoever reads it and how often."""


class LogCursor(WireModel):
    """Where a stream of records stands: everything before this line is behind it. Read on with ``cursor=``."""

    cursor: str
    """Opaque; printable ASCII without spaces."""
