"""Following the record of events: a link that is cut is taken up again after the last event that came."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aanad.client.connection import parsed
from aanad.client.pauses import SILENCE_LIMIT_S, Pauses
from aanad.errors import DaemonUnavailable
from aanad.wire.events import Event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aanad.client.connection import Connection, Parameters

CURSOR_HEADER = "aana-cursor"


def follow_events(
    connection: Connection, asked: Parameters, *, since: int | None, limit: int | None
) -> Iterator[Event]:
    """Events without end; only the first try to connect may fail."""
    cursor, was_live = since, False
    pauses = Pauses(connection.when_cut)
    while True:
        parameters: Parameters = {**asked, "since": cursor, "limit": limit, "follow": True}
        try:
            with connection.streamed_lines("/v1/events", parameters, silence_s=SILENCE_LIMIT_S) as (headers, lines):
                was_live = True
                pauses.begin_anew()
                last = int(headers.get(CURSOR_HEADER, 0))
                for line in lines:
                    if line.strip():
                        event = parsed(Event, line)
                        cursor = event.cursor
                        yield event
                    elif cursor is None:
                        cursor = last  # the daemon says that there was none to begin with
        except DaemonUnavailable:
            if not was_live or connection.when_cut.is_set():
                raise
        pauses.pause()
