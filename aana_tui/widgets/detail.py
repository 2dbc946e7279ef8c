"""A pane of lines on what is selected; only lines that differ are painted anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from aana_tui.tones import style_of
from aana_tui.widgets.column_layout import fit, folded
from aana_tui.widgets.rows import Cell

if TYPE_CHECKING:
    from collections.abc import Iterable

Line = tuple[Cell, ...]
"""A line of one cell is folded where it is too long, one of several is cut."""


def line(text: str = "", tone: str = "") -> Line:
    """A line of one tone."""
    return (Cell(text, tone),)


class Detail(ScrollView, can_focus=True, inherit_bindings=False):
    """Lines; where there are more than fit, the last one says how many, until it has the focus and can be scrolled.

    Args:
        is_auto: whether it is only as high as its lines.
    """

    def __init__(self, *, classes: str | None = None, is_auto: bool = False) -> None:
        super().__init__(classes=classes)
        self._is_auto = is_auto
        self._told: tuple[Line, ...] = ()
        self._lines: list[Line] = []

    def show(self, lines: Iterable[Line]) -> None:
        """Show these lines."""
        told = tuple(lines)
        if told != self._told:
            self._told = told
            self._fold()

    def go_up(self) -> None:
        """Show the beginning: something else is selected."""
        self.scroll_to(y=0, animate=False)

    # Actions of `Scope.TABLES` that mean something here

    def do_down(self) -> None:
        """A line down."""
        self.scroll_to(y=self.scroll_offset.y + 1, animate=False)

    def do_up(self) -> None:
        """A line up."""
        self.scroll_to(y=self.scroll_offset.y - 1, animate=False)

    def do_page_down(self) -> None:
        """A page down."""
        self.scroll_to(y=self.scroll_offset.y + self.size.height, animate=False)

    def do_page_up(self) -> None:
        """A page up."""
        self.scroll_to(y=self.scroll_offset.y - self.size.height, animate=False)

    def do_top(self) -> None:
        """To the beginning."""
        self.scroll_to(y=0, animate=False)

    def do_bottom(self) -> None:
        """To the end."""
        self.scroll_to(y=len(self._lines), animate=False)

    # Painting

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        index, style, width = y + self.scroll_offset.y, self.rich_style, self.scrollable_content_region.width
        below = len(self._lines) - index - 1
        cells: Line = self._lines[index] if index < len(self._lines) else ()
        if below > 0 and y == self.size.height - 1 and not self.has_focus and not self._is_auto:
            cells = line(f"… {below + 1} more lines", "dim")
        segments, left = [], width
        for cell in cells:
            text = cell.text
            if left < (taken := len(text) if text.isascii() else Segment(text).cell_length):
                text, taken = fit(text, left), left
            segments.append(Segment(text, style_of(cell.tone)))
            left -= taken
        return Strip(Segment.apply_style(segments, style)).adjust_cell_length(width, style)

    def on_resize(self) -> None:
        """Lines are folded anew."""
        self._fold()

    def watch_show_vertical_scrollbar(self) -> None:
        """A scrollbar takes room from the lines, or gives it back."""
        self._fold()

    def on_focus(self) -> None:
        """All can be seen."""
        self.refresh()

    def on_blur(self) -> None:
        """The last line counts the others again."""
        self.refresh()

    def _fold(self) -> None:
        width = self.scrollable_content_region.width
        if width <= 0:
            return
        before, self._lines = self._lines, []
        for cells in self._told:
            if len(cells) == 1:
                self._lines += [line(text, cells[0].tone) for text in folded(cells[0].text, width)]
            else:
                self._lines.append(cells)
        size = Size(width, len(self._lines))
        if size != self.virtual_size:
            self.virtual_size = size
            if self._is_auto:
                self.styles.height = len(self._lines)
        top = self.scroll_offset.y
        for y in range(self.size.height):
            index = top + y
            was, now = before[index : index + 1], self._lines[index : index + 1]
            if was != now or (y == self.size.height - 1 and len(before) != len(self._lines)):
                self.refresh(Region(0, y, width, 1))
