"""Which columns of a table are seen, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len, set_cell_size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aana_tui.widgets.rows import Column

GAP = 2
"""Blanks between columns."""
MARGIN = 1
"""Left of the first column, for the marks."""


class Placed(NamedTuple):
    """A column that is seen."""

    at: int
    """Among all columns."""
    x: int
    width: int
    right: bool


def lay_out(columns: Sequence[Column], room: int, *, is_wide: bool = False, skipped: int = 0) -> list[Placed]:
    """Place columns from left to right; the first one is always there.

    Args:
        columns: all of them.
        room: how many characters a line has.
        is_wide: leave none out for its rank; what does not fit is beyond the right edge.
        skipped: so many after the first are beyond the left edge.
    """
    shown = list(range(len(columns)))
    if not is_wide:
        shown = _fitting(columns, room)
    left_out = set(shown[1 : 1 + skipped])
    shown = [index for index in shown if index not in left_out]
    widths = {index: columns[index].width for index in shown}
    spare = room - MARGIN - sum(widths.values()) - GAP * len(widths)
    for index in shown:
        more = max(0, min(spare, columns[index].most - columns[index].width))
        widths[index] += more
        spare -= more
    placed: list[Placed] = []
    x = MARGIN
    for index in shown:
        if x >= room and placed:
            break
        placed.append(Placed(index, x, widths[index], columns[index].right))
        x += widths[index] + GAP
    return placed


def _fitting(columns: Sequence[Column], room: int) -> list[int]:
    shown = list(range(len(columns)))
    while MARGIN + sum(columns[index].width + GAP for index in shown) - GAP > room:
        # Of the same rank the rightmost goes.
        last = max(shown, key=lambda index: (columns[index].rank, index))
        if columns[last].rank == 0:
            break
        shown.remove(last)
    return shown


def fit(text: str, width: int, *, right: bool = False) -> str:
    """A text in exactly so many columns, with an ellipsis where something is missing."""
    length = len(text) if text.isascii() else cell_len(text)
    if length > width:
        return set_cell_size(text, width - 1) + "…" if width > 0 else ""
    blanks = " " * (width - length)
    return blanks + text if right else text + blanks


def folded(text: str, width: int) -> list[str]:
    """A text in lines of at most so many columns, broken at blanks where there are some."""
    lines = []
    rest = text
    while len(rest) > width or cell_len(rest) > width:
        head = set_cell_size(rest, width).rstrip()
        at = head.rfind(" ")
        cut = at if at > width // 3 and rest[len(head) : len(head) + 1].strip() else max(1, len(head))
        lines.append(rest[:cut].rstrip())
        indent = " " * min(len(rest) - len(rest.lstrip()), width // 3)
        rest = indent + rest[cut:].lstrip()
        if not rest.strip():
            return lines
    return [*lines, rest]
