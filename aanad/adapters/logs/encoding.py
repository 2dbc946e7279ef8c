"""Records as lines of NDJSON, as ``wire/logs.py`` says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from aanad.adapters.logs.entries import NANOSECONDS
from aanad.adapters.logs.times import utc_second

if TYPE_CHECKING:
    from aanad.adapters.logs.entries import Entry
    from aanad.core.records import LogSource

HEARTBEAT = b"\n"


class Encoder:
    """Writes the records of one file; what is the same for all of them is written once."""

    def __init__(self, source: LogSource, replica: str | None) -> None:
        place = {
            "project": source.project,
            "deployment": source.deployment,
            "replica": replica,
            "source": source.kind,
            "node": source.node,
        }
        self._place = orjson.dumps(place)[1:-1].replace(b"%", b"%%")
        self._before: dict[str | None, bytes] = {}
        self.identity = ""
        """The first part of each position."""

    def line(self, entry: Entry) -> bytes:
        """One record."""
        before = self._before.get(entry.level)
        if before is None:
            level = orjson.dumps(entry.level).replace(b"%", b"%%")
            before = self._before[entry.level] = (
                b'{"time":"%b.%06dZ",' + self._place + b',"level":' + level + b',"request_id":%b,"message":%b,'
                b'"by_arrival":%b,"position":"%b:%d"}\n'
            )
        second, rest = divmod(entry.time, NANOSECONDS)
        return before % (
            utc_second(second).encode(),
            rest // 1000,
            b"null" if entry.request_id is None else orjson.dumps(entry.request_id),
            _text(entry.message),
            b"true" if entry.by_arrival else b"false",
            self.identity.encode(),
            entry.end,
        )


def cursor_line(cursor: str) -> bytes:
    """A `LogCursor`."""
    return b'{"cursor":"%b"}\n' % cursor.encode()


def _text(message: str) -> bytes:
    try:
        return orjson.dumps(message)
    except TypeError:  # a half of a surrogate pair
        return orjson.dumps(message.encode(errors="replace").decode())
