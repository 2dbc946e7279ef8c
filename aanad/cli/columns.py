"""Columns that fit the width of a screen: first they come closer, then texts are shortened, then whole columns go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from aanad.cli.cells import pad, shorten, width
from aanad.cli.tables import PHASE_COLOURS, is_coloured
from aanad.client.terminal import sanitise

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Column:
    """One column of a table."""

    title: str
    right: bool = False
    """Numbers stand at the right."""
    least: int | None = None
    """Cells may be shortened to so many columns; None where half of one would be of no use."""
    rank: int = 0
    """Where there is no room the column of the lowest rank goes first."""
    colour: str | None = None
    """Of its cells that are not ``0`` and not ``-``."""


def fitted(columns: Sequence[Column], rows: Sequence[Sequence[str]], room: int | None) -> list[str]:
    """A table's lines: the titles, then a line a row.

    Args:
        columns: from left to right; the first one never goes.
        rows: cells as they came, sanitised here.
        room: the screen's columns; without limit where not given.
    """
    cells = [[sanitise(cell) for cell in row] for row in rows]
    titles = [column.title for column in columns]
    widths = [max(map(width, each)) for each in zip(titles, *cells, strict=True)]
    kept = list(range(len(columns)))
    gap = 2
    if room is not None and _taken(kept, widths, gap) > room:
        gap = 1
        for index in sorted(kept, key=lambda index: columns[index].rank):
            least = columns[index].least
            excess = _taken(kept, widths, gap) - room
            if least is not None and excess > 0:
                widths[index] = max(min(widths[index], least), widths[index] - excess)
        while len(kept) > 1 and _taken(kept, widths, gap) > room:
            kept.remove(min(kept[1:], key=lambda index: columns[index].rank))
    head = _line([pad(titles[index], widths[index], right=columns[index].right) for index in kept], gap)
    lines = [click.style(head, bold=True) if is_coloured() else head]
    lines += [
        _line([_cell(columns[index], row[index], widths[index], is_last=index == kept[-1]) for index in kept], gap)
        for row in cells
    ]
    return lines


def _taken(kept: Sequence[int], widths: Sequence[int], gap: int) -> int:
    return sum(widths[index] for index in kept) + gap * (len(kept) - 1)


def _line(cells: Sequence[str], gap: int) -> str:
    return (" " * gap).join(cells).rstrip()


def _cell(column: Column, cell: str, columns: int, *, is_last: bool) -> str:
    text = shorten(cell, columns)
    colour = column.colour if cell not in {"", "-", "0"} else None
    colour = PHASE_COLOURS.get(cell) or colour
    coloured = click.style(text, fg=colour) if colour and is_coloured() else text
    return coloured if is_last and not column.right else pad(coloured, columns, right=column.right)
