"""Which lines of a log are on the screen, and where the cursor is; nothing is painted here.

What is seen hangs on a record's number, not on a line's: neither trimming, filtering nor breaking lines moves it.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any, NamedTuple

from aana_tui.state.log_filter import pattern_of
from aana_tui.state.log_lines import GUTTER, LEAST_BODY_CELLS, LogLook, Piece, body_of, pieces_of, prefix_cells

if TYPE_CHECKING:
    from aana_tui.state.log_entries import LogEntry
    from aana_tui.state.log_ring import LogRing

CACHED_RECORDS = 512


class Row(NamedTuple):
    """A line of the screen: which line of which record."""

    seq: int
    line: int
    has_cursor: bool = False


class LogPage:
    """A window onto a ring of records."""

    def __init__(self, ring: LogRing) -> None:
        self.ring = ring
        self.look = LogLook()
        self.search = ""
        """A regular expression whose hits are told; it is a valid one."""
        self.width = self.height = 0
        self.is_following = True
        self.cursor = 0
        """The number of the record that the cursor is on."""
        self.top = (0, 0)
        """The first line on the screen: which line of which record."""
        self.rows: list[Row] = []
        self._pieces: OrderedDict[int, list[Piece]] = OrderedDict()

    # What is seen

    def lay_out(self) -> None:
        """Say anew which record's which line stands in which line of the screen."""
        ring, shown = self.ring, self.ring.shown
        cursor = self.cursor_seq
        seq, line = self.top
        place = ring.place_of(seq)
        if place >= len(shown) or shown[place] != seq:
            line = 0
        rows: list[Row] = []
        while place < len(shown) and len(rows) < self.height:
            seq = shown[place]
            lines = self._lines_of(seq)
            first = min(line, lines - 1)
            last = min(lines, first + self.height - len(rows))
            rows += [Row(seq, each, seq == cursor and each == first) for each in range(first, last)]
            place, line = place + 1, 0
        self.rows = rows

    def settle(self) -> None:
        """Lines are broken otherwise, or other records are shown: the one at the top stays there, if it can."""
        self._pieces.clear()
        if self.is_following:
            self.follow()
        else:
            self.top = min(self.top, self.end)
        self.lay_out()

    def follow(self) -> None:
        """Go to the end."""
        shown = self.ring.shown
        self.top, self.cursor = self.end, shown[-1] if shown else 0

    def pieces(self, seq: int) -> list[Piece]:
        """A record's lines; only those of records that were in sight lately are kept."""
        found = self._pieces.get(seq)
        if found is not None:
            self._pieces.move_to_end(seq)
            return found
        found = self._pieces[seq] = self._made(self.ring[seq])
        if len(self._pieces) > CACHED_RECORDS:
            self._pieces.popitem(last=False)
        return found

    @property
    def end(self) -> tuple[int, int]:
        """The top at which the last line is the last on the screen."""
        shown = self.ring.shown
        return self._back_from(len(shown) - 1, self._lines_of(shown[-1]), self.height) if shown else (0, 0)

    @property
    def cursor_seq(self) -> int | None:
        """The record that the cursor is on: that, or the next one that is shown."""
        shown = self.ring.shown
        return shown[min(self.ring.place_of(self.cursor), len(shown) - 1)] if shown else None

    @property
    def before_top(self) -> int:
        """How many older records are kept."""
        return self.top[0] - self.ring.first

    # Moving

    def move(self, records: int) -> None:
        """Move the cursor by so many records; one that is longer than the screen is scrolled through first."""
        shown = self.ring.shown
        if not shown:
            return
        place = min(self.ring.place_of(self.cursor), len(shown) - 1)
        step = 1 if records > 0 else -1
        if abs(records) == 1 and self._reaches_beyond(shown[place], step):
            self.move_top(step)
        else:
            self.cursor = shown[max(0, min(place + records, len(shown) - 1))]
            self.bring_into_sight(self.cursor)

    def scroll(self, lines: int) -> None:
        """Move what is seen by so many lines; the cursor stays in sight."""
        self.move_top(lines)
        self.lay_out()
        if self.rows:
            self.cursor = max(self.rows[0].seq, min(self.cursor_seq or 0, self.rows[-1].seq))

    def go_to(self, seq: int) -> None:
        """Put the cursor on a record, and show it with what stands around it."""
        self.cursor = seq
        self.lay_out()
        if all(row.seq != seq for row in self.rows):
            self.top = (seq, 0)
            self.move_top(-(self.height // 3))
        self.bring_into_sight(seq)

    def go_to_start(self) -> None:
        """To the oldest record that is shown."""
        shown = self.ring.shown
        self.cursor = shown[0] if shown else 0
        self.top = (self.cursor, 0)

    def move_top(self, lines: int) -> None:
        """Move what is seen, at most to the end."""
        shown = self.ring.shown
        if not shown:
            return
        seq, line = self.top
        place = min(self.ring.place_of(seq), len(shown) - 1)
        if shown[place] != seq:
            line = 0
        if lines < 0:
            self.top = self._back_from(place, line, -lines)
            return
        while lines > 0 and place < len(shown):
            rest = self._lines_of(shown[place]) - line
            if rest > lines:
                break
            lines -= rest
            place, line = place + 1, 0
        self.top = min((shown[place], line + lines) if place < len(shown) else self.end, self.end)

    def bring_into_sight(self, seq: int) -> None:
        """Scroll as little as is needed to see a record from its first line on, or from the first one with a hit."""
        pieces = self.pieces(seq)
        line = next((at for at, piece in enumerate(pieces) if piece.hits), 0)
        last = min(len(pieces), line + self.height) - 1
        self.lay_out()
        if not self.rows or (seq, line) < self.rows[0][:2]:
            self.top = (seq, line)
        elif (seq, last) > self.rows[-1][:2]:
            self.top = self._back_from(self.ring.place_of(seq), last + 1, self.height)

    def _back_from(self, place: int, line: int, lines: int) -> tuple[int, int]:
        """The line that is so many above a line of the record at a place of the shown ones."""
        shown = self.ring.shown
        while lines > line and place > 0:
            lines -= line
            place -= 1
            line = self._lines_of(shown[place])
        return shown[place], max(0, line - lines)

    def _reaches_beyond(self, seq: int, step: int) -> bool:
        """Whether a record goes on below the screen, or began above it."""
        self.lay_out()
        if not self.rows:
            return False
        first, last = self.rows[0], self.rows[-1]
        if step > 0:
            return last.seq == seq and last.line < self._lines_of(seq) - 1
        return first.seq == seq and first.line > 0

    def _lines_of(self, seq: int) -> int:
        return len(self.pieces(seq))

    def _made(self, entry: LogEntry) -> list[Piece]:
        if entry.is_mark:
            return [Piece("")]
        cells = None
        if self.look.wrap:
            room = self.width - 1
            cells = (max(LEAST_BODY_CELLS, room - prefix_cells(self.look)), max(LEAST_BODY_CELLS, room - len(GUTTER)))
        find: Any = pattern_of(self.search) if self.search else None
        return pieces_of(body_of(entry, pretty=self.look.pretty), find, cells)
