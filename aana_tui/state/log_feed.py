"""One open log: a thread of its own reads the daemon's stream, and the view takes what has arrived at its own pace."""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass
from threading import Condition, Thread
from typing import TYPE_CHECKING, Literal, NamedTuple

from aana_tui.state.log_entries import entry_of
from aanad.errors import AanaError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from aana_tui.state.log_entries import LogEntry
    from aanad.client import Client
    from aanad.client.log_streams import LogStream
    from aanad.wire.logs import LogLevel, LogSourceKind

QUEUED = 5_000
"""Records that may wait for the view; then the thread sleeps, and with it the daemon's stream."""
QUEUED_BYTES = 8 << 20
MIN_PAUSE_S = 0.5
MAX_PAUSE_S = 15.0
JITTER = 0.2


@dataclass(frozen=True)
class LogQuery:
    """What is asked of the daemon."""

    projects: tuple[str, ...] = ()
    """All of the box where empty."""
    deployment: str | None = None
    replica: str | None = None
    source: tuple[LogSourceKind, ...] = ()
    tail: int | Literal["all"] = 2_000
    since: str | None = None
    level: LogLevel | None = None
    grep: str | None = None
    follow: bool = True
    limit: int | None = None
    """No more than these, from the oldest on."""


class Arrived(NamedTuple):
    """What the view takes."""

    anew: bool
    """The stream began anew: what the view has goes, because it comes again."""
    entries: list[LogEntry]


class LogFeed:
    """Reads until it is closed, whatever happens to the daemon: no record is lost, and none comes twice.

    Args:
        connect: makes a client; called in the feed's own thread.
        query: what is read.
        min_pause_s: between two tries; it doubles up to `MAX_PAUSE_S`.
    """

    def __init__(self, connect: Callable[[], Client], query: LogQuery, *, min_pause_s: float = MIN_PAUSE_S) -> None:
        self.query = query
        self._connect = connect
        self._changed = Condition()
        self._queue: deque[LogEntry] = deque()
        self._queued_bytes = 0
        self._begins_anew = False
        self._min_pause_s = min_pause_s
        self._skips_pause = False
        self._client: Client | None = None
        self._stream: LogStream | None = None
        self._cursor: str | None = None
        self._given = 0
        self._last: datetime | None = None
        self._is_closed = False
        self._error: AanaError | None = None
        self._has_answered = False
        self.is_over = False
        """Whether all that was asked for has come."""
        # Not joined at the end: a daemon that hangs must not keep the console from quitting.
        self._thread = Thread(target=self._run, name="logs", daemon=True)

    def open(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """End, at once."""
        with self._changed:
            self._is_closed = True
            self._queue.clear()
            self._changed.notify_all()
        # Or it connects only now: then it sees that it is closed.
        if self._client is not None:
            self._client.cut()

    def take(self, most: int) -> Arrived:
        """What has arrived, the oldest first; the thread reads on where it slept."""
        with self._changed:
            taken = [self._queue.popleft() for _ in range(min(most, len(self._queue)))]
            self._queued_bytes -= sum(entry.size_bytes for entry in taken)
            anew, self._begins_anew = self._begins_anew, False
            if taken:
                self._changed.notify_all()
            return Arrived(anew, taken)

    def retry(self) -> None:
        """Try again now, where it waits to."""
        with self._changed:
            self._skips_pause = True
            self._changed.notify_all()

    @property
    def waiting(self) -> int:
        """How many have arrived and were not taken."""
        return len(self._queue)

    @property
    def error(self) -> AanaError | None:
        """Why nothing comes; None while the stream runs."""
        return None if self._is_streaming else self._error

    @property
    def has_answered(self) -> bool:
        """Whether the daemon has ever begun to say what there is."""
        return self._has_answered or self._is_streaming

    @property
    def resumes_from(self) -> datetime | None:
        """The time of the last record that came."""
        return self._last

    @property
    def is_alive(self) -> bool:
        """Whether its thread still runs."""
        return self._thread.is_alive()

    # Its own thread

    def _run(self) -> None:
        pause_s = self._min_pause_s
        while not self._is_closed:
            try:
                with self._connect() as client:
                    self._client = client
                    if self._is_closed:
                        return
                    self._read(client)
                if self.is_over:
                    return
            except AanaError as error:
                self._error = error
            except Exception as error:  # noqa: BLE001 - a feed that dies would leave a screen that lies
                self._error = AanaError(f"The log failed: {error!r}.", hint="Please report this.")
            self._client = None
            if self._is_streaming:
                self._has_answered = True
                pause_s = self._min_pause_s
            self._stream = None
            self._sleep(pause_s * random.uniform(1 - JITTER, 1 + JITTER))  # noqa: S311 - no secret
            pause_s = min(2 * pause_s, MAX_PAUSE_S)

    def _read(self, client: Client) -> None:
        query = self.query
        if self._cursor is None and self._given:
            # It was cut before the daemon said where it stood.
            self._begin_anew()
        stream = client.logs(
            *query.projects,
            deployment=query.deployment,
            replica=query.replica,
            source=query.source,
            tail=query.tail,
            # A cursor says it better: "5m ago" would leave out what was written while the link was lost.
            since=query.since if self._cursor is None else None,
            level=query.level,
            grep=query.grep,
            follow=query.follow,
            cursor=self._cursor,
            # It is tried again here, where the view can see it.
            patience_s=-1,
        )
        self._stream = stream
        try:
            self._take_all(stream)
        finally:
            self._cursor = stream.cursor or self._cursor
            stream.close()

    def _take_all(self, stream: LogStream) -> None:
        for record in stream:
            entry = entry_of(record)
            with self._changed:
                self._changed.wait_for(lambda: self._has_room or self._is_closed)
                if self._is_closed:
                    return
                self._queue.append(entry)
                self._queued_bytes += entry.size_bytes
                self._given += 1
                self._last = entry.time
            if self.query.limit is not None and self._given >= self.query.limit:
                break
        self.is_over = self._has_answered = True

    def _begin_anew(self) -> None:
        with self._changed:
            self._queue.clear()
            self._queued_bytes = self._given = 0
            self._begins_anew = True

    @property
    def _is_streaming(self) -> bool:
        stream = self._stream
        return stream is not None and stream.has_begun

    @property
    def _has_room(self) -> bool:
        return len(self._queue) < QUEUED and self._queued_bytes < QUEUED_BYTES

    def _sleep(self, pause_s: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed or self._skips_pause, pause_s)
            self._skips_pause = False


WINDOWS: tuple[tuple[str, LogQuery], ...] = (
    ("the tail", LogQuery()),
    ("the beginning", LogQuery(tail="all", follow=False, limit=5_000)),
    ("the last minute", LogQuery(tail=50_000, since="1m")),
    ("the last 5 minutes", LogQuery(tail=50_000, since="5m")),
    ("the last 15 minutes", LogQuery(tail=50_000, since="15m")),
    ("the last 30 minutes", LogQuery(tail=50_000, since="30m")),
    ("the last hour", LogQuery(tail=50_000, since="1h")),
)
"""What the digits choose."""
