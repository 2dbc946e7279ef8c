"""An image in half blocks: two pixels a cell, on any terminal with colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

if TYPE_CHECKING:
    from aana_tui.state.previews import Colour

UPPER_HALF = "▀"


class Picture(Widget):
    """Rows of cells; each has an upper and a lower colour."""

    def __init__(self) -> None:
        super().__init__(id="picture")
        self._strips: list[Strip] = []
        self.display = False

    def show(self, rows: list[list[tuple[Colour, Colour]]]) -> None:
        """Show these."""
        self._strips = [Strip([_cell(upper, lower) for upper, lower in row]) for row in rows]
        self.styles.height = len(rows)
        self.display = True
        self.refresh()

    def hide(self) -> None:
        """Show nothing."""
        self._strips = []
        self.display = False

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        strip = self._strips[y] if y < len(self._strips) else Strip([])
        return strip.crop_extend(0, self.size.width, self.rich_style)


def _cell(upper: Colour, lower: Colour) -> Segment:
    return Segment(UPPER_HALF, Style(color=Color.from_rgb(*upper), bgcolor=Color.from_rgb(*lower)))
