"""What changes within a line is written from where it changes on.

Textual writes each changed span from the beginning of its widget: a cell at a row's end costs the whole row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.control import Control
from textual._compositor import ChopsUpdate, Compositor

if TYPE_CHECKING:
    from rich.console import Console


class ThinUpdate(ChopsUpdate):
    """Spans of lines, each cut on both sides."""

    def render_segments(self, console: Console) -> str:
        """Text and escape sequences for the terminal."""
        written: list[str] = []
        for y, x1, x2 in self.spans:
            for end, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
                if strip is None or x >= x2 or end <= x1:
                    continue
                start = max(0, x1 - x)
                if start and not strip.text.isascii() and not strip.text.startswith(strip.crop(0, start).text):
                    # It would begin with the second half of a wide character.
                    start = 0
                written += (
                    Control.move_to(x + start, y).segment.text,
                    strip.crop(start, min(end, x2) - x).render(console),
                )
        return "".join(written)


class ThinCompositor(Compositor):
    """Textual's own, but for what it writes of a line."""

    def render_partial_update(self) -> ThinUpdate | None:
        """What changed since the last time; None where nothing did."""
        update = super().render_partial_update()
        return ThinUpdate(update.chops, update.spans, update.chop_ends) if update is not None else None
