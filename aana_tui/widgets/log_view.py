"""A log on the screen: what is painted of it, and the keys that move in it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from textual import work
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from aana_tui.state.log_entries import mark_at
from aana_tui.state.log_filter import pattern_of
from aana_tui.state.log_lines import GUTTER, LEAST_BODY_CELLS, STAMPS, LogLook, Part, Piece, name_cells_of, prefix_of
from aana_tui.state.log_page import LogPage, Row
from aana_tui.state.log_ring import LogRing
from aana_tui.tones import is_mono, style_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from textual import events

    from aana_tui.state.log_entries import LogEntry
    from aana_tui.state.log_filter import LogFilter

SLICE_S = 0.008
"""How long keys wait at most, while many records are looked at."""
SIDEWAYS_CELLS = 20
WHEEL_LINES = 3
STYLES_BYTES = 70
"""About what the colours of one line cost on the wire."""
_HIT = Style(reverse=True)


class LogView(Widget, can_focus=True):
    """Shows a ring of records, the newest ones while it follows."""

    class Changed(Message):
        """What is said above the log may be another: it was scrolled, or filtered."""

    def __init__(self, ring: LogRing | None = None, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.ring = ring or LogRing()
        self.new = 0
        """Records that came since it stopped to follow."""
        self.narrowing = 1.0
        """How much of the ring has been looked through for another filter."""
        self._page = LogPage(self.ring)
        self._painted: list[Row] = []
        """What stands on the screen, or will after the next painting."""
        self._base = Style.null()
        self._x = 0
        self._empty = ""

    @property
    def look(self) -> LogLook:
        """How records are shown."""
        return self._page.look

    @property
    def search(self) -> str:
        """What `n` looks for: a regular expression."""
        return self._page.search

    @property
    def is_following(self) -> bool:
        """Whether it shows the newest records as they come."""
        return self._page.is_following

    @property
    def entry(self) -> LogEntry | None:
        """The record, or mark, under the cursor."""
        seq = self._page.cursor_seq
        return self.ring[seq] if seq is not None else None

    @property
    def must_wait(self) -> bool:
        """Whether more records would push out of the ring what is being read."""
        return not self.is_following and self.ring.is_full and self._page.before_top < self.ring.reserve

    @property
    def seen_records(self) -> int:
        """How many records are on the screen."""
        return len({row.seq for row in self._page.rows})

    @property
    def page_bytes(self) -> int:
        """About what painting every line takes on the wire."""
        return len(self._page.rows) * (self.size.width + STYLES_BYTES)

    # What is shown

    def take_in(self, entries: Sequence[LogEntry]) -> None:
        """Take new records in; `show_new` shows them."""
        came = self.ring.append(entries)
        if not self.is_following:
            self.new += came
        cells = max((name_cells_of(entry, self.look.known) for entry in entries), default=0)
        if cells > self.look.name_cells:
            self.set_look(name_cells=cells)

    def show_new(self) -> None:
        """Paint what has come, where it is in sight."""
        if self.is_following:
            self._page.follow()
        self._repaint()

    def clear(self) -> None:
        """Begin with nothing: another log is shown."""
        self.ring.clear()
        self.new = self._x = 0
        self._page.is_following = True
        self._settle()

    def set_look(self, **changes: object) -> None:
        """Show the records otherwise: fields of `LogLook`."""
        self._page.look = self.look.changed(**changes)
        if self.look.wrap:
            self._x = 0
        self._settle()

    def set_search(self, text: str) -> None:
        """Look for something: its hits are highlighted, `n` and `N` go to them.

        Raises:
            BadPattern: it is no regular expression.
        """
        if text:
            pattern_of(text)
        self._page.search = text
        self._settle()

    @work(exclusive=True, group="narrow", exit_on_error=False)
    async def set_filter(self, wanted: LogFilter) -> None:
        """Show other records."""
        narrowing = self.ring.narrow(wanted)
        while not narrowing.step(SLICE_S):
            self.narrowing = narrowing.share
            self.post_message(self.Changed())
            await asyncio.sleep(0)
        self.narrowing = 1.0
        self._settle()
        self.post_message(self.Changed())

    def set_empty(self, text: str) -> None:
        """What is said where there is nothing to show."""
        if text != self._empty:
            self._empty = text
            if not self._painted:
                self.refresh(Region(0, 0, self.size.width, 1))

    # Moving

    def scroll_lines(self, lines: int) -> None:
        """Move what is seen by so many lines; the cursor stays in sight."""
        self._stay()
        self._page.scroll(lines)
        self._repaint()

    def go_to(self, seq: int) -> None:
        """Put the cursor on a record, and show it with what stands around it."""
        self._stay()
        self._page.go_to(seq)
        self._repaint()

    def set_following(self, is_following: bool) -> None:
        """Follow, or stay."""
        if is_following:
            self._page.is_following, self.new = True, 0
            self._page.follow()
        else:
            self._stay()
        self._repaint()

    @work(exclusive=True, group="seek", exit_on_error=False)
    async def seek(self, step: int, is_wanted: Callable[[LogEntry], object], nothing: str) -> None:
        """Go to the next record (`step` 1), or the one before (-1), that is wanted; or say that there is none."""
        ring, now = self.ring, asyncio.get_running_loop().time
        seq = self._page.cursor_seq
        until = now() + SLICE_S
        while seq is not None:
            place = ring.place_of(seq) + step
            seq = ring.shown[place] if 0 <= place < len(ring.shown) else None
            if seq is not None and is_wanted(ring[seq]):
                self.go_to(seq)
                return
            if now() >= until:
                await asyncio.sleep(0)
                until = now() + SLICE_S
        self.app.notify(nothing, markup=False)

    def _seek_hit(self, step: int) -> None:
        if not self.search:
            self.app.notify("Nothing is searched for: / does.", markup=False)
            return
        pattern = pattern_of(self.search)
        where = "after this; N looks before it" if step > 0 else "before this"
        self.seek(step, lambda entry: pattern.search(entry.text), f"No hit of {self.search!r} {where}.")

    # Marks

    def mark(self, time: datetime) -> None:
        """Draw a line under the newest record; or take the one away that the cursor is on."""
        entry = self.entry
        if entry is not None and entry.is_mark and not self.is_following:
            self.ring.remove_mark(entry.seq)
            self._settle()
            return
        self.ring.append([mark_at(time)])
        self.show_new()

    # Actions; the view passes them on

    def do_next_hit(self) -> None:
        """To the next hit."""
        self._seek_hit(1)

    def do_last_hit(self) -> None:
        """To the hit before."""
        self._seek_hit(-1)

    def do_next_error(self) -> None:
        """To the next error."""
        self.seek(1, lambda entry: entry.is_error, "No error after this.")

    def do_last_error(self) -> None:
        """To the error before."""
        self.seek(-1, lambda entry: entry.is_error, "No error before this.")

    def do_to_mark(self) -> None:
        """To the mark before the cursor, else to the newest one."""
        marks = [seq for seq in self.ring.shown if self.ring[seq].is_mark]
        if not marks:
            self.app.notify("There is no mark: m sets one.", markup=False)
            return
        here = self.ring.next if self.is_following else self._page.cursor_seq or 0
        before = [seq for seq in marks if seq < here]
        self.go_to(before[-1] if before else marks[-1])

    def do_down(self) -> None:
        """A record down."""
        self._stay()
        self._page.move(1)
        self._repaint()

    def do_up(self) -> None:
        """A record up."""
        self._stay()
        self._page.move(-1)
        self._repaint()

    def do_page_down(self) -> None:
        """A page down; one line stays in sight."""
        self.scroll_lines(max(1, self.size.height - 1))

    def do_page_up(self) -> None:
        """A page up; one line stays in sight."""
        self.scroll_lines(-max(1, self.size.height - 1))

    def do_top(self) -> None:
        """To the oldest record."""
        self._stay()
        self._page.go_to_start()
        self._repaint()

    def do_bottom(self) -> None:
        """To the newest record, and follow."""
        self.set_following(is_following=True)
        self.post_message(self.Changed())

    def do_right(self) -> None:
        """To the right, where lines are not broken."""
        self._sideways(SIDEWAYS_CELLS)

    def do_left(self) -> None:
        """To the left."""
        self._sideways(-SIDEWAYS_CELLS)

    def do_wrap(self) -> None:
        """Break long lines, or not."""
        self.set_look(wrap=not self.look.wrap)

    def do_stamps(self) -> None:
        """The next way to show times."""
        self.set_look(stamps=STAMPS[(STAMPS.index(self.look.stamps) + 1) % len(STAMPS)])

    def do_pretty(self) -> None:
        """Lay JSON out, or not."""
        self.set_look(pretty=not self.look.pretty)

    def do_names(self) -> None:
        """Say who wrote it, or not."""
        self.set_look(names=not self.look.names)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel, where the mouse is on."""
        event.stop()
        self.scroll_lines(WHEEL_LINES)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel, where the mouse is on."""
        event.stop()
        self.scroll_lines(-WHEEL_LINES)

    # Painting

    def render_lines(self, crop: Region) -> list[Strip]:
        """Some lines of the screen."""
        # Working it out takes longer than painting a line.
        self._base = self.rich_style
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        width, style, rows = self.size.width, self._base, self._painted
        if y >= len(rows):
            text = self._empty if y == 0 else ""
            return Strip([Segment(text, style + style_of("dim"))]).adjust_cell_length(width, style)
        row = rows[y]
        # Between two paintings records may have gone.
        pieces = self._page.pieces(row.seq) if row.seq >= self.ring.first else []
        if row.line >= len(pieces):
            return Strip.blank(width, style)
        entry = self.ring[row.seq]
        cursor = Segment("▸" if row.has_cursor else " ", style)
        if entry.is_mark:
            rule = f"── {entry.time:%H:%M:%S} ".ljust(max(0, width - 1), "─")
            return Strip([cursor, Segment(rule, style + style_of("accent"))]).adjust_cell_length(width, style)
        parts = self._prefix(entry) if row.line == 0 else [Part(GUTTER, "dim")]
        prefix = [Segment(part.text, style + _style_of(part)) for part in parts]
        tone = "bad" if entry.level in {"error", "critical"} and row.line == 0 else ""
        body = Strip(_body(pieces[row.line], style + style_of(tone)))
        if self._x:
            body = body.crop(self._x, self._x + width)
        return Strip([cursor, *prefix, *body]).adjust_cell_length(width, style)

    def on_resize(self) -> None:
        """The room has changed: lines are broken anew."""
        self._page.width, self._page.height = self.size
        self._settle()

    def _prefix(self, entry: LogEntry) -> list[Part]:
        place = self.ring.place_of(entry.seq)
        before = self.ring[self.ring.shown[place - 1]] if place > 0 else None
        return prefix_of(entry, self.look, before)

    def _repaint(self) -> None:
        """Paint the lines that differ from what stands there."""
        before = self._painted
        self._page.lay_out()
        rows = self._painted = self._page.rows
        for y in range(max(len(before), len(rows))):
            was = before[y] if y < len(before) else None
            now = rows[y] if y < len(rows) else None
            if was == now:
                continue
            is_cursor_only = was is not None and now is not None and was[:2] == now[:2]
            self.refresh(Region(0, y, 1 if is_cursor_only else self.size.width, 1))

    def _settle(self) -> None:
        """Everything may look otherwise."""
        self._page.settle()
        self._painted = self._page.rows
        self.refresh()

    def _stay(self) -> None:
        if self.is_following:
            self._page.is_following, self.new = False, 0
            self.post_message(self.Changed())

    def _sideways(self, cells: int) -> None:
        if self.look.wrap:
            return
        rows = (row for row in self._page.rows if row.seq >= self.ring.first)
        longest = max((len(self._page.pieces(row.seq)[row.line].text) for row in rows), default=0)
        self._x = max(0, min(self._x + cells, longest - LEAST_BODY_CELLS))
        self.refresh()


def _style_of(part: Part) -> Style:
    if part.colour:
        return Style.null() if is_mono() else Style(color=part.colour)
    return style_of(part.tone)


def _body(piece: Piece, style: Style) -> list[Segment]:
    found, at = [], 0
    for start, end in piece.hits:
        found += [Segment(piece.text[at:start], style), Segment(piece.text[start:end], style + _HIT)]
        at = end
    return [*found, Segment(piece.text[at:], style)]
