"""Which records a reader wants, after secrets have been taken out: nobody can search for what he may not read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import re2

from aanad.adapters.logs.entries import LEVELS, NANOSECONDS
from aanad.errors import InvalidInput

if TYPE_CHECKING:
    from datetime import datetime

    from aanad.adapters.logs.entries import Entry
    from aanad.core.records import LogQuery
    from aanad.core.redaction import Redactor

MAX_PATTERN_MEMORY = 8 * 1024 * 1024


class Filter:
    """The conditions of one query."""

    def __init__(self, query: LogQuery) -> None:
        """Raises InvalidInput, ``invalid_pattern``."""
        self.since = _nanoseconds(query.since)
        self.until = _nanoseconds(query.until)
        self._severity = LEVELS[query.level] if query.level else 0
        self._pattern = _compiled(query.grep) if query.grep else None
        self._is_open = (self.since, self.until, self._severity, self._pattern) == (None, None, 0, None)

    def kept(self, entries: list[Entry], redactor: Redactor | None) -> list[Entry]:
        """Those that are wanted, without secrets."""
        if redactor is not None and entries:
            texts = [entry.message for entry in entries]
            redacted = redactor.lines(texts)
            if redacted is not texts:
                for entry, text in zip(entries, redacted, strict=True):
                    entry.message = text
        if self._is_open:
            return entries
        return [entry for entry in entries if self._wants(entry)]

    def _wants(self, entry: Entry) -> bool:
        return (
            (not self._severity or entry.severity >= self._severity)
            and (self.since is None or entry.time >= self.since)
            and (self.until is None or entry.time <= self.until)
            and (self._pattern is None or self._pattern.search(entry.message) is not None)
        )


def _compiled(pattern: str) -> re2._Regexp:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = MAX_PATTERN_MEMORY
    try:
        return re2.compile(pattern, options=options)
    except re2.error as error:
        said = error.args[0] if error.args else ""
        told = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
        raise InvalidInput(
            f"{pattern!r} is no regular expression: {told}.",
            hint="The syntax is RE2's: as Python's, without look-around and back-references.",
            code="invalid_pattern",
        ) from error


def _nanoseconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp()) * NANOSECONDS + moment.microsecond * 1000
