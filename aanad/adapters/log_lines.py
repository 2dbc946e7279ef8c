"""From the lines of a log file to records: Serve's JSON, Serve's text and what anybody prints."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aanad.wire.logs import LogRecord

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aanad.core.records import LogSource

MAX_MESSAGE_CHARS = 32_768
NANOSECONDS = 1_000_000_000
_TEXT = re.compile(
    r"^(?P<level>DEBUG|INFO|WARNING|ERROR|CRITICAL) (?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}) \S+ \S+ "
    r"(?:(?P<request>[0-9a-f-]{36}) )?-- (?P<message>.*)$"
)
_RAY_NOISE = re.compile(r"^:(?:actor_name|task_name|job_id):")


class LineParser:
    """Parses one file; remembers the last time it saw, for the lines that carry none."""

    def __init__(self, source: LogSource, replica: str | None, arrived: datetime) -> None:
        self._source = source
        self._replica = replica
        self._last = arrived

    def parse(self, lines: Iterable[str], arrived: datetime | None = None) -> list[LogRecord]:
        """Records of complete lines.

        Args:
            lines: without their line ends.
            arrived: when they were seen, for lines that carry no time.
        """
        if arrived is not None:
            self._last = max(self._last, arrived)
        return [record for line in lines if line and (record := self._record(line)) is not None]

    def _record(self, line: str) -> LogRecord | None:
        if _RAY_NOISE.match(line):
            return None
        if line.startswith("{") and (document := _json(line)) is not None:
            return self._from_json(document)
        if match := _TEXT.match(line):
            # Serve's text format gives local time without a zone.
            time = datetime.strptime(match["time"], "%Y-%m-%d %H:%M:%S,%f").astimezone(UTC)
            return self._make(time, match["message"], level=match["level"], request_id=match["request"])
        return self._make(None, line)

    def _from_json(self, document: dict[str, Any]) -> LogRecord:
        nanoseconds = document.get("timestamp_ns")
        time = datetime.fromtimestamp(nanoseconds / NANOSECONDS, UTC) if isinstance(nanoseconds, int) else None
        message = str(document.get("message", ""))
        if trace := document.get("exc_text"):
            message = f"{message}\n{trace}"
        request_id = document.get("request_id")
        return self._make(time, message, level=document.get("levelname"), request_id=request_id or None)

    def _make(
        self, time: datetime | None, message: str, *, level: str | None = None, request_id: str | None = None
    ) -> LogRecord:
        if time is not None:
            self._last = time
        return LogRecord(
            time=time or self._last,
            project=self._source.project,
            deployment=self._source.deployment,
            replica=self._replica,
            source=self._source.kind,
            level=level.lower() if level else None,
            request_id=request_id,
            message=message[:MAX_MESSAGE_CHARS],
        )


def _json(line: str) -> dict[str, Any] | None:
    try:
        document = json.loads(line)
    except ValueError:
        return None
    return document if isinstance(document, dict) and "message" in document else None
