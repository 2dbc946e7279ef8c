"""A table that is told all its rows again and again, and repaints only the cells whose text has changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from aana_tui.tones import style_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.style import Style

GAP = 2
"""Blanks between columns."""
MARK = "▪"


class Column(NamedTuple):
    """A column; what does not fit into its width is cut with an ellipsis."""

    key: str
    title: str
    width: int
    right: bool = False


class Cell(NamedTuple):
    """A harmless text (see `aanad.client.sanitise`) and its tone."""

    text: str
    tone: str = ""


@dataclass(frozen=True)
class Row:
    """One row; `key` says what it is, whatever it says now."""

    key: str
    cells: tuple[Cell, ...]
    values: tuple[Any, ...] = field(default=(), compare=False)
    """What each column sorts by; the cells' texts where not given."""
    is_fault: bool = False
    """Whether it is shown where only faults are."""


class LiveTable(ScrollView, can_focus=True):
    """Rows under a header that stays.

    Args:
        columns: from left to right; the first one stays in sight.
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

    def __init__(self, columns: Sequence[Column], *, empty: str = "", id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.columns = list(columns)
        self.empty = empty
        self.rows: list[Row] = []
        self.marks: set[str] = set()
        self._cursor = 0

    # What it shows

    def apply(self, rows: Sequence[Row]) -> None:
        """Show these rows; the cursor stays on the row it is on, by its key."""
        before, self.rows = self.rows, list(rows)
        key = before[self._cursor].key if self._cursor < len(before) else None
        keys = {row.key: index for index, row in enumerate(self.rows)}
        self.marks &= keys.keys()
        self._cursor = keys.get(key, min(self._cursor, max(0, len(self.rows) - 1))) if key else 0
        if len(before) != len(self.rows):
            self.virtual_size = Size(self._width(), len(self.rows) + 1)
            self.refresh()
        else:
            self._refresh_changes(before)
        if key != self.cursor_key:
            self.post_message(self.Highlighted(self, self.cursor_key))

    @property
    def cursor_key(self) -> str | None:
        """The key of the row under the cursor."""
        return self.rows[self._cursor].key if self._cursor < len(self.rows) else None

    @property
    def chosen_keys(self) -> list[str]:
        """The marked rows, else the one under the cursor."""
        marked = [row.key for row in self.rows if row.key in self.marks]
        return marked or ([self.cursor_key] if self.cursor_key is not None else [])

    def move_to(self, index: int) -> None:
        """Put the cursor on a row; it is brought into sight."""
        if not self.rows:
            return
        before, self._cursor = self._cursor, max(0, min(index, len(self.rows) - 1))
        if before == self._cursor:
            return
        self._refresh_row(before)
        self._refresh_row(self._cursor)
        self._scroll_to_cursor()
        self.post_message(self.Highlighted(self, self.cursor_key))

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
        self.move_to(self._cursor + self._page)

    def do_page_up(self) -> None:
        """A page up."""
        self.move_to(self._cursor - self._page)

    def do_mark(self) -> None:
        """Mark the row, or take the mark away; the cursor goes on."""
        key = self.cursor_key
        if key is not None:
            self.marks ^= {key}
            self._refresh_row(self._cursor)
            self.do_down()

    def do_mark_all(self) -> None:
        """Mark all rows, or none where all are marked."""
        keys = {row.key for row in self.rows}
        self.marks = set() if self.marks >= keys else keys
        self.refresh()

    # Painting

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        width = self.size.width
        if y == 0:
            style = self.get_component_rich_style("live-table--header")
            return self._strip([Cell(column.title) for column in self.columns], " ", style, width)
        index = y - 1 + self.scroll_offset.y
        if index >= len(self.rows):
            text = self.empty if not self.rows and y == 1 else ""
            return Strip([Segment(set_cell_size(text, width), self.rich_style)], width)
        row = self.rows[index]
        style = self.rich_style
        if index == self._cursor and self.has_focus:
            style = self.get_component_rich_style("live-table--cursor")
        mark = MARK if row.key in self.marks else "▸" if index == self._cursor else " "
        return self._strip(row.cells, mark, style, width)

    def _strip(self, cells: Sequence[Cell], mark: str, style: Style, width: int) -> Strip:
        segments = [Segment(mark, style)]
        for column, cell in zip(self.columns, cells, strict=True):
            segments.append(Segment(_fit(cell.text, column), style + style_of(cell.tone)))
            segments.append(Segment(" " * GAP, style))
        return Strip(segments).crop_extend(self.scroll_offset.x, self.scroll_offset.x + width, style)

    def on_resize(self) -> None:
        """The room has changed."""
        self.virtual_size = Size(self._width(), len(self.rows) + 1)

    def on_focus(self) -> None:
        """The cursor is seen."""
        self._refresh_row(self._cursor)

    def on_blur(self) -> None:
        """It is not."""
        self._refresh_row(self._cursor)

    @property
    def _page(self) -> int:
        return max(1, self.size.height - 2)

    def _width(self) -> int:
        return 1 + sum(column.width + GAP for column in self.columns)

    def _scroll_to_cursor(self) -> None:
        top, room = self.scroll_offset.y, self.size.height - 1
        if self._cursor < top:
            self.scroll_to(y=self._cursor, animate=False)
        elif self._cursor >= top + room:
            self.scroll_to(y=self._cursor - room + 1, animate=False)

    def _refresh_row(self, index: int) -> None:
        y = index - self.scroll_offset.y + 1
        if 1 <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))

    def _refresh_changes(self, before: Sequence[Row]) -> None:
        top = self.scroll_offset.y
        for index in range(top, min(top + self.size.height, len(self.rows))):
            old, new = before[index], self.rows[index]
            if old.key != new.key:
                self._refresh_row(index)
            elif old is not new:
                self._refresh_cells(index - top + 1, old, new)

    def _refresh_cells(self, y: int, old: Row, new: Row) -> None:
        x = 1 - self.scroll_offset.x
        for column, was, now in zip(self.columns, old.cells, new.cells, strict=True):
            if was != now:
                self.refresh(Region(x, y, column.width, 1))
            x += column.width + GAP


def _fit(text: str, column: Column) -> str:
    length = cell_len(text)
    if length > column.width:
        return set_cell_size(text, column.width - 1) + "…"
    blanks = " " * (column.width - length)
    return blanks + text if column.right else text + blanks
