"""From the bytes of a file to its lines; offsets are kept, a line of any length stays bounded in memory."""

from __future__ import annotations

MAX_LINE = 4 * 1024 * 1024
"""Bytes of a line that are held together; of a longer one each so many are a line of their own."""
MAX_BAR = 65_536
"""A progress bar that never ends its line is forgotten up to its last state beyond this."""

Line = tuple[int, int, bytes]
"""Offset of its first byte, offset after its end, and what stands in between without the line's end."""


class Splitter:
    """Takes up bytes as they come and gives complete lines."""

    def __init__(self, offset: int) -> None:
        self._start = offset
        self._rest = bytearray()
        self._dropped = 0
        """Bytes of the line that has not ended which are not kept: earlier states of a progress bar."""

    @property
    def start(self) -> int:
        """Offset of the first byte of the line that has not ended."""
        return self._start

    @property
    def is_inside(self) -> bool:
        """Whether a line has begun and not ended."""
        return bool(self._rest)

    def split(self, data: bytes) -> list[Line]:
        """The lines that end in `data`."""
        head, newline, after = data.partition(b"\n")
        if not newline:
            self._rest += data
            return self._overflow()
        if self._rest:
            self._rest += head
            head = bytes(self._rest)
        upto = self._start + self._dropped + len(head) + 1
        lines = [(self._start, upto, head)]
        *whole, rest = after.split(b"\n")
        at = upto
        for line in whole:
            upto = at + len(line) + 1
            lines.append((at, upto, line))
            at = upto
        self._start = at
        self._rest = bytearray(rest)
        self._dropped = 0
        if b"\r" in data or b"\r" in head:
            lines = [_last_state(line) for line in lines]
        if len(data) > MAX_LINE or len(head) > MAX_LINE:
            lines = [piece for line in lines for piece in _pieces(line)]
        return lines

    def finish(self) -> list[Line]:
        """The line that has not ended, where the file is at its end for good."""
        if not self._rest:
            return []
        upto = self._start + self._dropped + len(self._rest)
        line = (self._start, upto, bytes(self._rest))
        self._start, self._rest, self._dropped = upto, bytearray(), 0
        return [_last_state(line)]

    def _overflow(self) -> list[Line]:
        if len(self._rest) > MAX_BAR and (state := self._rest.rfind(b"\r", 0, len(self._rest) - 1)) > 0:
            self._dropped += state
            del self._rest[:state]
        if len(self._rest) <= MAX_LINE:
            return []
        *pieces, last = _pieces((self._start, self._start + self._dropped + len(self._rest), bytes(self._rest)))
        self._start, self._dropped, self._rest = last[0], 0, bytearray(last[2])
        return pieces


def _pieces(line: Line) -> list[Line]:
    """A line that is too long, cut at the same places whoever reads it; each piece ends before a character."""
    start, end, text = line
    pieces = []
    while len(text) > MAX_LINE:
        cut = MAX_LINE
        while cut > MAX_LINE - 4 and text[cut] & 0xC0 == 0x80:  # noqa: PLR2004 - UTF-8
            cut -= 1
        upto = start + cut
        pieces.append((start, upto, text[:cut]))
        start, text = upto, text[cut:]
    return [*pieces, (start, end, text)]


def _last_state(line: Line) -> Line:
    """A progress bar writes over itself with carriage returns; what counts is what was seen last."""
    start, end, text = line
    if b"\r" not in text:
        return line
    return start, end, text.rstrip(b"\r").rpartition(b"\r")[2]
