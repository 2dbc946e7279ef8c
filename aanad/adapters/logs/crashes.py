"""The last crash of a replica that is gone with its files: one record, made of what was kept of it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from aanad.adapters.logs.encoding import Encoder
from aanad.adapters.logs.entries import NANOSECONDS, Entry
from aanad.adapters.logs.files import ID_BYTES

if TYPE_CHECKING:
    from aanad.adapters.logs.filters import Filter
    from aanad.core.records import LogSource


class CrashFeed:
    """One crash; told once."""

    def __init__(self, source: LogSource) -> None:
        crash = source.crash
        assert crash is not None  # noqa: S101 - only such sources come here
        time = int(crash.at.timestamp()) * NANOSECONDS + crash.at.microsecond * 1000
        self.key = f"{source.project}/{crash.deployment}/{crash.replica}/{time}"
        self.identity = hashlib.blake2b(self.key.encode(), digest_size=ID_BYTES, key=b"crash").digest()
        self.encoder = Encoder(source, crash.replica)
        self.encoder.identity = self.identity.hex()
        message = "\n".join([crash.message, *(f"    {line}" for line in crash.lines)])
        self.entry = Entry(0, 1, time, message, "error")
        self.is_told = False
        self._source = source

    def is_wanted(self, filter_: Filter) -> bool:
        """Whether a query asks for it."""
        return bool(filter_.kept([self.entry], self._source.redactor))
