"""Graphs as text: each braille sign has two columns of four dots; pure functions, no widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_BLANK = 0x2800
_LEFT = (0x00, 0x40, 0x44, 0x46, 0x47)
_RIGHT = (0x00, 0x80, 0xA0, 0xB0, 0xB8)
"""A column's dots by how many of them are set, from the bottom up."""
DOTS = 4


def sparkline(values: Sequence[float | None], top: float, width: int) -> str:
    """The last ``2 * width`` values as one line of `width` cells, the newest at the right.

    Args:
        values: None where nothing was measured: a blank. Any other value is one dot high at least, so that idle
            is not taken for unknown.
        top: the value of a full column.
        width: in cells; what has no value is blank.
    """
    return graph(values, top, width, 1)[0]


def graph(values: Sequence[float | None], top: float, width: int, height: int) -> list[str]:
    """As `sparkline`, several lines high, from the top line down."""
    levels = [level(value, top, height * DOTS) for value in values[-2 * width :]] if width > 0 else []
    levels = [0] * (2 * width - len(levels)) + levels
    lines = []
    for line in reversed(range(height)):
        below = line * DOTS
        heights = [min(max(one - below, 0), DOTS) for one in levels]
        pairs = zip(heights[::2], heights[1::2], strict=True)
        lines.append("".join(chr(_BLANK + _LEFT[left] + _RIGHT[right]) for left, right in pairs))
    return lines


def level(value: float | None, top: float, dots: int) -> int:
    """How many of a column's dots a value sets: none only where there is no value."""
    if value is None or value != value:  # noqa: PLR0124 - not a number
        return 0
    if top <= 0:
        return 1
    return min(max(round(min(max(value / top, 0.0), 1.0) * dots), 1), dots)


def meter(value: float | None, top: float, width: int) -> str:
    """How full something is, as a bar of `width` cells."""
    filled = level(value, top, 2 * width)
    if value is not None and value <= 0:
        filled = 0
    return "⣿" * (filled // 2) + "⡇" * (filled % 2) + "⣀" * (width - filled // 2 - filled % 2)
