"""Log records as they come; a follower survives a daemon that restarts, and sees each record once."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

from pydantic import ValidationError

from aanad.client.pauses import SILENCE_LIMIT_S, Pauses
from aanad.errors import DaemonUnavailable, Failed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aanad.client.connection import Connection, Parameters
    from aanad.wire.logs import LogRecord

PATH = "/v1/logs"
CURSOR_HEADER = "Aana-Cursor"
MAX_QUERY_CHARS = 16_384
"""A longer cursor travels as a header."""


class LogStream:
    """An iterator over `LogRecord`; it reconnects while it follows."""

    def __init__(
        self, connection: Connection, parameters: Parameters, *, follow: bool, cursor: str | None, patience_s: float
    ) -> None:
        self._connection = connection
        self._parameters = parameters
        self._follow = follow
        self._patience_s = patience_s
        self._cursor, self._owed = _read_bookmark(cursor)
        """By file, up to where records were given out that the daemon will send again."""
        self._given: dict[str, int] = {}
        """By file, up to where records were given out since the cursor."""
        self.has_begun = False
        """Whether the daemon has answered: with no record yet, perhaps."""
        self._records = self._read()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> LogRecord:
        return next(self._records)

    def close(self) -> None:
        """Stop reading."""
        self._records.close()  # type: ignore[attr-defined]

    @property
    def cursor(self) -> str | None:
        """Where the records given out so far end: read on with ``cursor=``. None before the daemon has said so."""
        if self._cursor is None:
            return None
        return " ".join([self._cursor, *(f"{file}:{end}" for file, end in {**self._owed, **self._given}.items())])

    def _read(self) -> Iterator[LogRecord]:
        is_connected = False
        gone_at = 0.0
        pauses = Pauses(self._connection.when_cut)
        while True:
            try:
                for line in self._lines():
                    is_connected = True
                    pauses.begin_anew()
                    yield from self._taken(line)
                if not self._follow:
                    return
                failure: DaemonUnavailable | None = None
            except DaemonUnavailable as error:
                is_new = not is_connected and not gone_at
                if not self._follow or is_new or self._connection.when_cut.is_set():
                    raise
                failure = error
            if is_connected or not gone_at:
                is_connected, gone_at = False, time.monotonic()
            if time.monotonic() - gone_at > self._patience_s:
                raise failure or DaemonUnavailable(
                    "aanad ended the stream of logs.", hint="`aana status` says how it is."
                )
            pauses.pause()

    def _lines(self) -> Iterator[bytes]:
        self._owed |= self._given
        self._given.clear()
        parameters = dict(self._parameters)
        headers = {}
        if self._cursor is not None:
            if len(self._cursor) > MAX_QUERY_CHARS:
                headers[CURSOR_HEADER] = self._cursor
            else:
                parameters["cursor"] = self._cursor
        streamed = self._connection.streamed_lines(PATH, parameters, silence_s=SILENCE_LIMIT_S, headers=headers)
        with streamed as (_, lines):
            yield from filter(None, lines)

    def _taken(self, line: bytes) -> Iterator[LogRecord]:
        from aanad.wire.logs import LogCursor, LogRecord

        self.has_begun = True
        try:
            if line.startswith(b'{"cursor":'):
                self._cursor = LogCursor.model_validate_json(line).cursor
                # What came before it on this connection is behind it; what is still owed is not.
                self._given.clear()
                return
            record = LogRecord.model_validate_json(line)
        except ValidationError as error:
            raise Failed(
                "aanad's answer cannot be read as LogRecord.",
                hint="The daemon and this client are of different versions: `aana status` and `aana --version` tell.",
                code="unreadable_answer",
                detail=str(error).splitlines()[:6],
            ) from error
        file, _, end = record.position.rpartition(":")
        if file and end.isdecimal():
            # It may have been given out before the stream was cut, where the cursor stood before it.
            owed = self._owed.get(file, -1)
            if int(end) < owed:
                return
            self._owed.pop(file, None)
            self._given[file] = int(end)
            if int(end) == owed:
                return
        yield record


def _read_bookmark(text: str | None) -> tuple[str | None, dict[str, int]]:
    """A daemon's cursor, and what was given out after it."""
    words = (text or "").split()
    found = (mark.rpartition(":") for mark in words[1:])
    return words[0] if words else None, {file: int(end) for file, _, end in found if end.isdecimal()}
