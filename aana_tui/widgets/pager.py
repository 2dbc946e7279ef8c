"""Text that is read: scrolled by the keys of `less`, searched; only the lines that are seen are made."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from aana_tui.tones import style_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.binding import BindingType

Line = tuple[str, str]
"""A harmless text and its tone."""


class Pager(ScrollView, can_focus=True):
    """Lines of text.

    Args:
        lines: what is read.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        ("j,down", "move(1)", "Down"),
        ("k,up", "move(-1)", "Up"),
        ("ctrl+d,pagedown,space", "page(1)", "Page down"),
        ("ctrl+u,pageup", "page(-1)", "Page up"),
        ("g,home", "to_top", "Top"),
        ("G,end", "to_bottom", "Bottom"),
        ("h,left", "shift(-8)", "Left"),
        ("l,right", "shift(8)", "Right"),
        ("n", "hit(1)", "Next hit"),
        ("N", "hit(-1)", "Hit before"),
    ]

    def __init__(self, lines: Sequence[Line]) -> None:
        super().__init__()
        self.lines = list(lines)
        self.sought = ""

    def on_mount(self) -> None:
        """How large it is."""
        self.virtual_size = Size(max((cell_len(text) for text, _ in self.lines), default=0), len(self.lines))

    def seek(self, text: str) -> bool:
        """Look for a text from where one is; whether it is there."""
        self.sought = text.casefold()
        self.refresh()
        return not self.sought or self._go_to_hit(self.scroll_offset.y, 1)

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        width, index = self.size.width, y + self.scroll_offset.y
        if index >= len(self.lines):
            return Strip.blank(width, self.rich_style)
        text, tone = self.lines[index]
        style = self.rich_style + style_of(tone)
        at = text.casefold().find(self.sought) if self.sought else -1
        end = at + len(self.sought)
        hit = self.rich_style + style_of("hit")
        parts = [(text, style)] if at < 0 else [(text[:at], style), (text[at:end], hit), (text[end:], style)]
        strip = Strip([Segment(part, how) for part, how in parts if part])
        return strip.crop_extend(self.scroll_offset.x, self.scroll_offset.x + width, self.rich_style)

    def action_move(self, step: int) -> None:
        """Lines down or up."""
        self.scroll_to(y=self.scroll_offset.y + step, animate=False)

    def action_page(self, step: int) -> None:
        """Pages down or up."""
        self.action_move(step * max(1, self.size.height - 1))

    def action_to_top(self) -> None:
        """To the first line."""
        self.scroll_to(y=0, animate=False)

    def action_to_bottom(self) -> None:
        """To the last line."""
        self.scroll_to(y=len(self.lines), animate=False)

    def action_shift(self, step: int) -> None:
        """Columns to the right or left."""
        self.scroll_to(x=self.scroll_offset.x + step, animate=False)

    def action_hit(self, step: int) -> None:
        """To the next hit, or the one before."""
        if self.sought and not self._go_to_hit(self.scroll_offset.y + step, step):
            self.app.bell()

    def _go_to_hit(self, start: int, step: int) -> bool:
        index = start
        while 0 <= index < len(self.lines):
            if self.sought in self.lines[index][0].casefold():
                self.scroll_to(y=index, animate=False)
                return True
            index += step
        return False
