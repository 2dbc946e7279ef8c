"""One record on its way from a file to a reader: light, because there may be 50,000 of them a second."""

from __future__ import annotations

NANOSECONDS = 1_000_000_000
LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}
MAX_MESSAGE_CHARS = 65_536
"""A longer message is passed on in pieces."""


class Entry:
    """One record of one file."""

    __slots__ = ("by_arrival", "end", "key", "level", "message", "request_id", "start", "time")

    def __init__(
        self,
        start: int,
        end: int,
        time: int,
        message: str,
        level: str | None = None,
        request_id: str | None = None,
        by_arrival: bool = False,
    ) -> None:
        self.start = start
        """Offset of its first byte in the file."""
        self.end = end
        """Offset after its last byte."""
        self.time = time
        """Nanoseconds since 1970."""
        self.key = time
        """Where it stands in the merged order; never less than that of the record before it in its file."""
        self.message = message
        self.level = level
        self.request_id = request_id
        self.by_arrival = by_arrival

    @property
    def severity(self) -> int:
        """A record without a level counts as info."""
        return LEVELS.get(self.level or "info", LEVELS["info"])

    def pieces(self) -> list[Entry]:
        """Itself, or where its message is too long, pieces of it; all but the last end inside of it."""
        if len(self.message) <= MAX_MESSAGE_CHARS:
            return [self]
        pieces = []
        at, number = 0, 0
        while at < len(self.message):
            upto = _cut(self.message, at)
            number += 1
            end = self.end if upto >= len(self.message) else self.start + number
            piece = Entry(
                self.start, end, self.time, self.message[at:upto], self.level, self.request_id, self.by_arrival
            )
            piece.key = self.key
            pieces.append(piece)
            at = upto
        return pieces


def _cut(text: str, at: int) -> int:
    """Where the piece that begins at `at` ends: at a blank where there is one, so that no word is in two pieces."""
    upto = at + MAX_MESSAGE_CHARS
    if upto >= len(text):
        return len(text)
    blank = max(text.rfind(" ", upto - 4096, upto), text.rfind("\n", upto - 4096, upto))
    return blank + 1 if blank > at else upto
