"""A long text that grows at its end, wrapped at the width there is; only what is seen is painted."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.segment import Segment
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from aana_tui.tones import style_of
from aanad.client import sanitise

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_LINE = 4_000
"""Characters; a longer line is cut into several."""
TAB = "    "
BREAK_WITHIN = 24
"""Columns before the edge in which a blank is looked for to break at."""


class Line(NamedTuple):
    """A text without newlines, and its tone."""

    text: str
    tone: str = ""


class AnswerLines(ScrollView, can_focus=True):
    """Lines. The end stays in sight while it is, and nothing moves otherwise."""

    def __init__(self, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.lines: list[Line] = []
        self._wrapped: list[Line] = []
        self._last_at = 0
        """Where the last line begins among the wrapped ones."""
        self._width = 0

    # What it shows

    def show(self, lines: Iterable[Line]) -> None:
        """Show these, from the first on."""
        self.lines = [piece for line in lines for piece in _pieces(line)]
        self._wrap_all()
        self.scroll_to(y=0, animate=False, immediate=True)
        self.refresh()

    def append(self, text: str) -> None:
        """Show more of the last line, and further ones."""
        if not text:
            return
        is_at_end = self.scroll_offset.y >= self.max_scroll_y
        first, *others = text.split("\n")
        last = self.lines.pop() if self.lines else Line("")
        top = self._last_at
        del self._wrapped[top:]
        new = [*_pieces(last._replace(text=last.text + first)), *(p for one in others for p in _pieces(Line(one)))]
        self.lines += new
        for line in new:
            self._last_at = len(self._wrapped)
            self._wrapped += _wrapped(line, self._width)
        self.virtual_size = Size(self._width, len(self._wrapped))
        y = top - int(self.scroll_offset.y)
        if y < self.size.height:
            self.refresh(Region(0, max(0, y), self.size.width, self.size.height - max(0, y)))
        if is_at_end:
            self.scroll_end(animate=False, immediate=True)

    def _wrap_all(self) -> None:
        self._width = self.size.width
        self._wrapped = []
        for line in self.lines:
            self._last_at = len(self._wrapped)
            self._wrapped += _wrapped(line, self._width)
        self.virtual_size = Size(self._width, len(self._wrapped))

    # Actions of `Scope.TABLES`

    def do_down(self) -> None:
        """A line down."""
        self.scroll_to(y=self.scroll_offset.y + 1, animate=False)

    def do_up(self) -> None:
        """A line up."""
        self.scroll_to(y=self.scroll_offset.y - 1, animate=False)

    def do_top(self) -> None:
        """To the beginning."""
        self.scroll_to(y=0, animate=False)

    def do_bottom(self) -> None:
        """To the end."""
        self.scroll_end(animate=False)

    def do_page_down(self) -> None:
        """A page down."""
        self.scroll_to(y=self.scroll_offset.y + max(1, self.size.height - 1), animate=False)

    def do_page_up(self) -> None:
        """A page up."""
        self.scroll_to(y=self.scroll_offset.y - max(1, self.size.height - 1), animate=False)

    # Painting

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        index = y + int(self.scroll_offset.y)
        line = self._wrapped[index] if index < len(self._wrapped) else Line("")
        style = self.rich_style
        return Strip([Segment(set_cell_size(line.text, self.size.width), style + style_of(line.tone))])

    def on_resize(self) -> None:
        """Lines are broken elsewhere."""
        if self.size.width != self._width:
            self._wrap_all()
            self.refresh()


def _pieces(line: Line) -> Iterator[Line]:
    for at in range(0, max(1, len(line.text)), MAX_LINE):
        yield line._replace(text=line.text[at : at + MAX_LINE])


def _wrapped(line: Line, width: int) -> list[Line]:
    text = sanitise(line.text.replace("\t", TAB))
    if width <= 0 or cell_len(text) <= width:
        return [line._replace(text=text)]
    found = []
    while text:
        # A character may take two columns.
        piece = text[:width] if text.isascii() else chop_cells(text[: 2 * width], width)[0]
        blank = piece.rfind(" ", max(1, len(piece) - BREAK_WITHIN))
        if len(piece) < len(text) and blank > 0 and text[len(piece)] != " ":
            piece = piece[: blank + 1]
        found.append(line._replace(text=piece))
        text = text[max(1, len(piece)) :]
    return found
