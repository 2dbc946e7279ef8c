"""What is written to the terminal for a change of the screen: no more than the change, and text only as text.

Textual 8.2.8 writes a changed cell together with everything of its widget's line that stands left of it, and begins and
ends a style for each piece of text. Over a slow link that is most of what is sent. Textual is pinned exactly; a test
counts the bytes of one changed cell, so a new version that does otherwise is noticed.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from rich.color import ColorSystem
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.strip import Strip

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console, RenderableType
    from rich.style import Style

_STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""The last line of defence: `aanad.client.sanitise` has seen every text before."""
_DEFAULTS = {"39", "49"}


def narrowed(renderable: RenderableType | None) -> RenderableType | None:
    """The same change of the screen, in fewer bytes."""
    match renderable:
        case ChopsUpdate():
            return _Spans(renderable.chops, renderable.spans, renderable.chop_ends)
        case LayoutUpdate():
            return _Lines(renderable.strips, renderable.region)
        case _:
            return renderable


class _Lines(LayoutUpdate):
    """Whole lines of a region."""

    def render_segments(self, console: Console) -> str:
        pen = _Pen(console)
        for y, line in enumerate(self.strips, self.region.y):
            pen.move_to(self.region.x, y)
            for strip in line:
                pen.write(strip)
        return pen.finish()


class _Spans(ChopsUpdate):
    """Pieces of lines."""

    def render_segments(self, console: Console) -> str:
        pen = _Pen(console)
        for y, left, right in self.spans:
            for end, (start, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
                if strip is not None and start < right and end > left:
                    begin = max(start, left)
                    pen.move_to(begin, y)
                    pen.write(strip.crop(begin - start, min(end, right) - start))
        return pen.finish()


class _Pen:
    """Knows where it stands and in which style it writes."""

    def __init__(self, console: Console) -> None:
        self._colours = console._color_system or ColorSystem.TRUECOLOR  # noqa: SLF001 - as Textual's own painting
        self._written: list[str] = []
        self._codes = ""

    def move_to(self, x: int, y: int) -> None:
        self._written.append(f"\x1b[{y + 1};{x + 1}H")

    def write(self, strip: Iterable[tuple[str, Style | None, object]]) -> None:
        for text, style, _ in strip:
            codes = _codes(style, self._colours) if style is not None else ""
            if codes != self._codes:
                self._written.append(f"\x1b[0;{codes}m" if self._codes and codes else f"\x1b[{codes}m")
                self._codes = codes
            self._written.append(text if text.isprintable() else _STEERING.sub("", text))

    def finish(self) -> str:
        if self._codes:
            self._written.append("\x1b[m")
        return "".join(self._written)


@lru_cache(4096)
def _codes(style: Style, colours: ColorSystem) -> str:
    codes = Strip.render_ansi(style, colours)
    if "38;" in codes or "48;" in codes:
        return codes
    return ";".join(code for code in codes.split(";") if code not in _DEFAULTS)
