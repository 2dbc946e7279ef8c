"""A table that is told all its rows again and again, and repaints only the cells whose text has changed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from rich.segment import Segment
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from aana_tui.state.filters import completed
from aana_tui.tones import style_of
from aana_tui.widgets.arrangement import Arrangement, Sort
from aana_tui.widgets.column_layout import GAP, Placed, fit, lay_out
from aana_tui.widgets.rows import Cell, Column, Row
from aana_tui.widgets.table_head import AS_IT_COMES, letters_of, nothing, question, summary, titles

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.style import Style
    from textual import events
    from textual.timer import Timer

__all__ = ["Cell", "Column", "LiveTable", "Row", "Sort"]

MARK = "▪"
CURSOR = "▸"
IDLE_S = 4.0
"""How long no key was pressed before rows may change their places."""


class _Line(NamedTuple):
    """What a line of the screen shows."""

    row: Row | None
    sign: str
    """Before the row; where there is none, what is said instead of one."""
    is_reversed: bool


class LiveTable(ScrollView, can_focus=True, inherit_bindings=False):
    """Rows under a header that stays; what is beyond the first column may be scrolled sideways.

    Args:
        columns: from left to right; the first one stays in sight.
        title: what the rows are; without one the line above the header is there only while it has something to say.
        empty: what is said where there are no rows.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"live-table--header", "live-table--cursor"}

    class Highlighted(Message):
        """The cursor is on another row; `key` is None where there is none."""

        def __init__(self, table: LiveTable, key: str | None) -> None:
            super().__init__()
            self.table = table
            self.key = key

        @property
        def control(self) -> LiveTable:
            """The table."""
            return self.table

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        title: str = "",
        empty: str = "",
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(id=id)
        self.columns = list(columns)
        self.title = title
        self.empty = empty
        self.marks: set[str] = set()
        self._arrangement = Arrangement(self.columns)
        self._cursor = 0
        self._is_wide = False
        self._skipped = 0
        self._placed: list[Placed] = []
        self._letters: dict[str, Column] = {}
        """While one of them is asked for."""
        self._touched_at = 0.0
        self._settling: Timer | None = None
        self._seen: dict[int, _Line] = {}
        self._title: tuple[Cell, ...] = ()
        self._repaint()

    # What it shows

    @property
    def rows(self) -> list[Row]:
        """The rows that are shown, in their order."""
        return self._arrangement.shown

    def apply(self, rows: Sequence[Row]) -> None:
        """Show these rows; the cursor stays on the row it is on, by its key.

        Those that were there keep their order until the operator has not touched a key for a while.
        """
        before = self.cursor_key
        self._arrangement.tell(rows)
        self.marks &= {row.key for row in self._arrangement.all}
        self._settle_when_idle()
        self._take_in(before)

    @property
    def filter_text(self) -> str:
        """The filter as it was typed."""
        return self._arrangement.filter.text

    def set_filter(self, text: str) -> None:
        """Show only the rows that a filter lets through, see `aana_tui.state.filters`."""
        if text != self.filter_text:
            before = self.cursor_key
            self._arrangement.set_filter(text)
            self._take_in(before)

    @property
    def sort(self) -> Sort | None:
        """By which column it is sorted; None for the order in which the rows are told."""
        return self._arrangement.sort

    def sort_by(self, sort: Sort | None) -> None:
        """Sort, at once."""
        before = self.cursor_key
        self._arrangement.set_sort(sort)
        self._take_in(before)
        self.refresh()

    @property
    def cursor_key(self) -> str | None:
        """The key of the row under the cursor."""
        return self.rows[self._cursor].key if self._cursor < len(self.rows) else None

    @property
    def chosen_keys(self) -> list[str]:
        """The marked rows that are shown, else the one under the cursor."""
        marked = [row.key for row in self.rows if row.key in self.marks]
        return marked or ([self.cursor_key] if self.cursor_key is not None else [])

    def row(self, key: str) -> Row | None:
        """The row of this key, where it is shown."""
        return next((row for row in self.rows if row.key == key), None)

    def move_to(self, index: int) -> None:
        """Put the cursor on a row; it is brought into sight."""
        self._touched_at = time.monotonic()
        before, self._cursor = self._cursor, max(0, min(index, len(self.rows) - 1))
        if before != self._cursor:
            self._scroll_to_cursor()
            self._repaint()
            self.post_message(self.Highlighted(self, self.cursor_key))

    def move_to_key(self, key: str) -> None:
        """Put the cursor on the row of this key, where it is shown."""
        for index, row in enumerate(self.rows):
            if row.key == key:
                self.move_to(index)

    # Actions of `Scope.TABLES`; the view that holds the table passes them on

    def do_down(self) -> None:
        """A row down."""
        self.move_to(self._cursor + 1)

    def do_up(self) -> None:
        """A row up."""
        self.move_to(self._cursor - 1)

    def do_top(self) -> None:
        """To the first row."""
        self.move_to(0)

    def do_bottom(self) -> None:
        """To the last row."""
        self.move_to(len(self.rows) - 1)

    def do_page_down(self) -> None:
        """A page down."""
        self.move_to(self._cursor + max(1, self._room - 1))

    def do_page_up(self) -> None:
        """A page up."""
        self.move_to(self._cursor - max(1, self._room - 1))

    def do_mark(self) -> None:
        """Mark the row, or take the mark away; the cursor goes on."""
        key = self.cursor_key
        if key is not None:
            self.marks ^= {key}
            self.do_down()
            self._repaint()

    def do_mark_all(self) -> None:
        """Mark all rows that are shown, or none where all are marked."""
        keys = {row.key for row in self.rows}
        self.marks = self.marks - keys if self.marks >= keys else self.marks | keys
        self._touched_at = time.monotonic()
        self._repaint()

    def do_sort(self, wish: str = "") -> None:
        """Sort by a column that is named, with a minus before it the other way; else ask for its letter."""
        if wish:
            keys = [column.key for column in self.columns]
            self.sort_by(Sort(completed(wish.lstrip("-"), keys), is_reverse=wish.startswith("-")))
            return
        self._letters = letters_of(self.columns)
        self._repaint()
        self.refresh()

    def do_sort_before(self) -> None:
        """Sort by the column to the left."""
        self._sort_beside(-1)

    def do_sort_after(self) -> None:
        """Sort by the column to the right."""
        self._sort_beside(1)

    def do_faults(self) -> None:
        """Show only what is not well, or everything again."""
        before = self.cursor_key
        self._arrangement.set_faults_only(faults_only=not self._arrangement.faults_only)
        self._take_in(before)

    def do_wide(self) -> None:
        """Show all columns, which left and right then move over; or those that fit again."""
        self._is_wide, self._skipped = not self._is_wide, 0
        self._lay_out()

    def do_left(self) -> None:
        """Bring the columns on the left into sight."""
        self._skipped = max(0, self._skipped - 1)
        self._lay_out()

    def do_right(self) -> None:
        """Bring the columns on the right into sight."""
        last = self._placed[-1]
        if last.at < len(self.columns) - 1 or last.x + last.width > self._width:
            self._skipped += self._is_wide
            self._lay_out()

    def on_key(self, event: events.Key) -> None:
        """Take the letter that was asked for."""
        self._touched_at = time.monotonic()
        if not self._letters:
            return
        event.stop()
        event.prevent_default()
        letter = (event.character or "").lower()
        column = self._letters.get(letter)
        self._letters = {}
        if column is not None:
            self._sort_or_turn(column.key)
        elif letter == AS_IT_COMES:
            self.sort_by(None)
        self._repaint()
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to what was clicked on; a title sorts."""
        line = event.y - self._head
        if line >= 0 and line + self.scroll_offset.y < len(self.rows):
            self.move_to(line + self.scroll_offset.y)
        elif line == -1:
            for column in self._placed:
                if column.x <= event.x < column.x + column.width:
                    self._sort_or_turn(self.columns[column.at].key)

    def _sort_beside(self, step: int) -> None:
        keys = [column.key for column in self.columns]
        at = keys.index(self.sort.key) + step if self.sort is not None else 0
        self._touched_at = time.monotonic()
        self.sort_by(Sort(keys[at % len(keys)], self.sort.is_reverse if self.sort is not None else False))

    def _sort_or_turn(self, key: str) -> None:
        is_same = self.sort is not None and self.sort.key == key
        self.sort_by(Sort(key, is_reverse=is_same and self.sort is not None and not self.sort.is_reverse))

    # Keeping what is seen in step with what is told

    def _settle_when_idle(self) -> None:
        if self._arrangement.is_settled:
            return
        left_s = self._touched_at + IDLE_S - time.monotonic()
        if left_s <= 0:
            self._arrangement.settle()
        elif self._settling is None and self.is_mounted:
            self._settling = self.set_timer(left_s, self._settle)

    def _settle(self) -> None:
        self._settling = None
        before = self.cursor_key
        self._settle_when_idle()
        self._take_in(before)

    def _take_in(self, cursor_key: str | None) -> None:
        """Other rows are shown than before, or in another order."""
        before = self._cursor
        index = {row.key: at for at, row in enumerate(self.rows)}
        self._cursor = index.get(cursor_key or "", min(before, max(0, len(self.rows) - 1)))
        self._resize_virtually()
        if self._cursor != before:
            # What the cursor is on stays on its line of the screen.
            self.scroll_to(y=self.scroll_offset.y + self._cursor - before, animate=False)
            self._scroll_to_cursor()
        self._repaint()
        if cursor_key != self.cursor_key:
            self.post_message(self.Highlighted(self, self.cursor_key))

    def _resize_virtually(self) -> None:
        size = Size(self._width, len(self.rows) + self._head)
        if size != self.virtual_size:
            self.virtual_size = size

    def _scroll_to_cursor(self) -> None:
        top = self.scroll_offset.y
        if self._cursor < top:
            self.scroll_to(y=self._cursor, animate=False)
        elif self._cursor >= top + self._room:
            self.scroll_to(y=self._cursor - self._room + 1, animate=False)

    def _lay_out(self) -> None:
        placed = lay_out(self.columns, self._width, is_wide=self._is_wide, skipped=self._skipped)
        if placed != self._placed:
            self._placed = placed
            self.refresh()
        self._repaint()

    # Painting

    @property
    def _head(self) -> int:
        """Lines above the rows."""
        return 2 if self._title else 1

    @property
    def _width(self) -> int:
        """Columns of the screen, without those of a scrollbar."""
        return self.scrollable_content_region.width

    @property
    def _room(self) -> int:
        """Lines for rows."""
        return max(1, self.size.height - self._head)

    def _line(self, y: int) -> _Line:
        index = y - self._head + self.scroll_offset.y
        if index >= len(self.rows):
            says = nothing(self._arrangement, self.empty) if not self.rows and y == self._head else ""
            return _Line(None, says, is_reversed=False)
        row, is_cursor = self.rows[index], index == self._cursor
        sign = MARK if row.key in self.marks else CURSOR if is_cursor else " "
        return _Line(row, sign, is_reversed=is_cursor and self.has_focus)

    def _repaint(self) -> None:
        """Paint what is otherwise than on the screen."""
        title = question(self._letters) if self._letters else summary(self.title, self._arrangement, self.marks)
        before, self._title = self._title, title
        if not self.is_mounted:
            return
        if bool(title) != bool(before):
            self._resize_virtually()
            self.refresh()
        elif title != before:
            self.refresh(Region(0, 0, self._width, 1))
        for y in range(self._head, self.size.height):
            was, now = self._seen.get(y), self._line(y)
            if was is None or was.row is None or now.row is None or was[1:] != now[1:] or was.row.key != now.row.key:
                if was != now:
                    self.refresh(Region(0, y, self._width, 1))
            elif was.row is not now.row:
                self._repaint_cells(y, was.row, now.row)

    def _repaint_cells(self, y: int, was: Row, now: Row) -> None:
        for column in self._placed:
            if was.cells[column.at] != now.cells[column.at]:
                self.refresh(Region(column.x, y, column.width, 1))

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        if y < self._head:
            return self._title_strip() if y < self._head - 1 else self._header_strip()
        # What is seen is known from what was painted, whoever asked for the painting.
        line = self._seen[y] = self._line(y)
        if line.row is None:
            return self._strip([Segment(f" {line.sign}", style_of("dim"))], self.rich_style)
        segments = [Segment(line.sign)]
        for column in self._placed:
            cell = line.row.cells[column.at]
            text = fit(cell.text, column.width, right=column.right)
            segments += (Segment(text, style_of(cell.tone)), Segment(" " * GAP))
        style = self.get_component_rich_style("live-table--cursor") if line.is_reversed else self.rich_style
        return self._strip(segments, style)

    def _header_strip(self) -> Strip:
        segments = [Segment(" "), *titles(self.columns, self._placed, self._arrangement, self._letters)]
        return self._strip(segments, self.get_component_rich_style("live-table--header"))

    def _title_strip(self) -> Strip:
        return self._strip(
            [Segment(" "), *(Segment(text, style_of(tone)) for text, tone in self._title)], self.rich_style
        )

    def _strip(self, segments: Iterable[Segment], style: Style) -> Strip:
        return Strip(Segment.apply_style(segments, style)).adjust_cell_length(self._width, style).simplify()

    # What happens to it

    def on_resize(self) -> None:
        """The room has changed."""
        self._skipped = 0
        self._resize_virtually()
        self._lay_out()
        self._scroll_to_cursor()

    def watch_show_vertical_scrollbar(self) -> None:
        """A scrollbar takes room from the columns, or gives it back."""
        self._lay_out()

    def on_focus(self) -> None:
        """The cursor is seen."""
        self._repaint()

    def on_blur(self) -> None:
        """It is not; and no letter is waited for."""
        if self._letters:
            self._letters = {}
            self.refresh()
        self._repaint()
